package dev.caravan.engine.generate;

import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The numbers of some passages. Text that is written token by token keeps to them if every run of digits in it is, and
 * stays, the beginning of such a number, and is one when it ends. Immutable.
 */
final class PassageNumbers {

    private static final Pattern DIGITS = Pattern.compile("[0-9]+");

    private final Set<String> numbers = new HashSet<>();
    private final Set<String> beginnings = new HashSet<>();

    PassageNumbers(Iterable<String> passages) {
        for (String passage : passages) {
            Matcher run = DIGITS.matcher(passage);
            while (run.find()) {
                numbers.add(run.group());
                for (int length = 1; length <= run.group().length(); length++) {
                    beginnings.add(run.group().substring(0, length));
                }
            }
        }
    }

    /** The digits at the end of a text; empty if it ends with another character. */
    static String openRun(CharSequence text) {
        int start = text.length();
        while (start > 0 && isDigit(text.charAt(start - 1))) {
            start--;
        }
        return text.subSequence(start, text.length()).toString();
    }

    /**
     * Whether a piece of text may follow.
     *
     * @param openRun the digits with which the text before it ends
     */
    boolean mayFollow(String openRun, String piece) {
        StringBuilder run = new StringBuilder(openRun);
        for (int index = 0; index < piece.length(); index++) {
            char character = piece.charAt(index);
            if (isDigit(character)) {
                run.append(character);
            } else if (!run.isEmpty()) {
                if (!numbers.contains(run.toString())) {
                    return false;
                }
                run.setLength(0);
            }
        }
        return run.isEmpty() || beginnings.contains(run.toString());
    }

    private static boolean isDigit(char character) {
        return character >= '0' && character <= '9';
    }
}
