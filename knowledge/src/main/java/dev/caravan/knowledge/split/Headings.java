package dev.caravan.knowledge.split;

import dev.caravan.knowledge.text.Span;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells headings from text by their look, because most formats come without marks for them: a short line of its own
 * that is marked (#, 제3조, 2.1) or does not end like a sentence, and has text below it.
 */
final class Headings {

    private static final int MAXIMUM_CHARACTERS = 60;
    private static final int MAXIMUM_UNMARKED_CHARACTERS = 30;
    private static final Pattern MARKED = Pattern.compile(
            "(#{1,6}\\s.+|제\\s?\\d+\\s?[장절관조].*|\\d{1,2}(\\.\\d{1,2}){0,3}\\.?\\s+\\S.*|[IVX]{1,5}\\.\\s.+)");
    private static final Pattern SENTENCE_END = Pattern.compile(".*([.!?。:,;]|다|요|음|임|함)[\"'”’)]?$");
    private static final Pattern ITEM = Pattern.compile("[-*•·‣▪■□○●※▶].*");

    private Headings() {}

    static boolean isHeading(String text, Span line, @Nullable Span next) {
        String content = line.of(text);
        boolean ownLine = (line.start() == 0 || text.charAt(line.start() - 1) == '\n')
                && (line.end() == text.length() || text.charAt(line.end()) == '\n');
        if (next == null || !ownLine || content.length() > MAXIMUM_CHARACTERS || content.contains(" | ")) {
            return false;
        }
        if (content.startsWith("#")) {
            return true;
        }
        boolean finished = SENTENCE_END.matcher(content).matches();
        if (MARKED.matcher(content).matches()) {
            return !finished;
        }
        return !finished
                && content.length() <= MAXIMUM_UNMARKED_CHARACTERS
                && !ITEM.matcher(content).matches()
                && next.length() > content.length()
                && !next.of(text).contains(" | ");
    }
}
