package dev.caravan.engine.grammar;

import static dev.caravan.engine.grammar.Expression.UNBOUNDED;
import static dev.caravan.engine.grammar.Expression.characters;
import static dev.caravan.engine.grammar.Expression.choice;
import static dev.caravan.engine.grammar.Expression.repeat;
import static dev.caravan.engine.grammar.Expression.sequence;
import static dev.caravan.engine.grammar.Expression.text;

import java.util.ArrayList;
import java.util.List;

/** JSON's strings (RFC 8259, section 7) as expressions. */
final class JsonStrings {
    private static final CodePoints CONTROL = CodePoints.range(0, 0x1F);
    private static final CodePoints ESCAPED = CONTROL.union(CodePoints.of("\"\\"));
    private static final CodePoints UNESCAPED = ESCAPED.complement();

    private static final Expression HEX = characters("0123456789abcdefABCDEF");

    /** A character that is no surrogate, or a surrogate pair: half a pair is no Unicode text. */
    private static final Expression UNICODE_ESCAPE = choice(
            sequence(characters("0123456789abcABCefEF"), repeat(HEX, 3, 3)),
            sequence(characters("dD"), characters("01234567"), repeat(HEX, 2, 2)),
            sequence(
                    characters("dD"),
                    characters("89abAB"),
                    repeat(HEX, 2, 2),
                    text("\\u"),
                    characters("dD"),
                    characters("cdefCDEF"),
                    repeat(HEX, 2, 2)));

    /** One character of the value, whichever way it is spelled. */
    static final Expression CHARACTER = choice(
            new Expression.Characters(UNESCAPED),
            sequence(text("\\"), choice(characters("\"\\/bfnrt"), sequence(text("u"), UNICODE_ESCAPE))));

    private JsonStrings() {}

    /** A string of so many characters of the value. */
    static Expression ofLength(int min, int max) {
        return sequence(text("\""), repeat(CHARACTER, min, max), text("\""));
    }

    /** Any string. */
    static Expression any() {
        return ofLength(0, UNBOUNDED);
    }

    /** A string whose value is matched by an expression of {@link #character}s. */
    static Expression quoted(Expression value) {
        return sequence(text("\""), value, text("\""));
    }

    /** One character of a set, spelled in the usual way. */
    static Expression character(CodePoints set) {
        List<Expression> options = new ArrayList<>();
        CodePoints unescaped = set.minus(ESCAPED);
        if (!unescaped.isEmpty()) {
            options.add(new Expression.Characters(unescaped));
        }
        for (int character = 0; character <= '\\'; character++) {
            if (ESCAPED.contains(character) && set.contains(character)) {
                options.add(text(JsonText.escaped(character)));
            }
        }
        return choice(options);
    }
}
