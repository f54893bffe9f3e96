package dev.caravan.engine.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Special tokens that are part of an answer's text. Models declare them special so that they are one token, and not
 * because they steer the conversation: dropping them would lose what the model wrote. Shown are:
 *
 * <ul>
 *   <li>tags of HTML: {@code <b>}, {@code </table>}, also with a stray quotation mark behind as in Mi:dm's {@code </tfoot>"};
 *   <li>placeholders for personal data: {@code #@이름@#}.
 * </ul>
 *
 * A token with a role ({@code <s>} as beginning of sequence, an end token, padding) is never shown, whatever it looks like.
 */
final class MarkupTokens {

    private static final Pattern TAG = Pattern.compile("</?([a-z][a-z0-9]*) ?/?>\"?");
    private static final Pattern PLACEHOLDER = Pattern.compile("#@[^#@]+@#");

    /** The elements of HTML. {@code s} stays out: where {@code <s>} is a special token, it begins a sequence. */
    private static final Set<String> ELEMENTS = Set.of(
            ("a abbr address article aside b blockquote body br button caption center cite code col colgroup dd del details "
                            + "dfn div dl dt em fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr "
                            + "html i iframe img input ins kbd label legend li link main mark meta nav ol option p pre q rp "
                            + "rt ruby samp section select small span strike strong style sub summary sup table tbody td "
                            + "textarea tfoot th thead time title tr tt u ul var video")
                    .split(" "));

    private MarkupTokens() {}

    /** Whether a special token appears in an answer's text. */
    static boolean isShown(String token, int id, SpecialIds roles) {
        return !roles.hasRole(id) && isMarkup(token);
    }

    /** What a control token gives in an answer: its spelling where it is shown, else nothing. */
    static byte[] bytes(byte[] spelling, int id, SpecialIds roles) {
        return isShown(new String(spelling, StandardCharsets.UTF_8), id, roles) ? spelling : new byte[0];
    }

    private static boolean isMarkup(String token) {
        Matcher tag = TAG.matcher(token);
        return tag.matches()
                ? ELEMENTS.contains(tag.group(1))
                : PLACEHOLDER.matcher(token).matches();
    }
}
