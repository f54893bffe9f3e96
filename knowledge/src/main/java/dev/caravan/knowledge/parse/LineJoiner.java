package dev.caravan.knowledge.parse;

import java.util.regex.Pattern;

/**
 * Joins the lines of a PDF page into running text. A PDF has lines, not sentences: a line that reaches about as
 * far as the longest one goes on in the next, unless it ends a sentence or the next begins a list item or heading.
 */
final class LineJoiner {

    private static final double FULL_LINE_SHARE = 0.7;
    private static final Pattern SENTENCE_END = Pattern.compile(".*[.!?:;。]['\")\\]”’」』]*$", Pattern.DOTALL);
    private static final Pattern ITEM_START = Pattern.compile(
            "^(\\d{1,2}[.)]\\s|\\(\\d{1,2}\\)|[가나다라마바사아자차카타파하][.)]\\s|제\\s?\\d+\\s?[조장절항]|[①-⑳•·‣▪■□◦○●▶※*-]\\s?).*",
            Pattern.DOTALL);

    private LineJoiner() {}

    /**
     * The page with its lines joined.
     *
     * @param page lines; an empty line is where the parser saw a paragraph end, which it guesses from the
     *     distance of lines
     */
    static String join(String page) {
        String[] lines = page.strip().split("\n", -1);
        int longest = 0;
        for (String line : lines) {
            longest = Math.max(longest, line.strip().length());
        }
        StringBuilder joined = new StringBuilder(page.length());
        String previous = "";
        boolean gap = false;
        for (String raw : lines) {
            String line = raw.strip();
            if (line.isEmpty()) {
                gap = true;
                continue;
            }
            if (!joined.isEmpty()) {
                String end = gap ? "\n\n" : "\n";
                joined.append(goesOn(previous, line, longest * FULL_LINE_SHARE) ? " " : end);
            }
            joined.append(line);
            previous = line;
            gap = false;
        }
        return joined.toString();
    }

    private static boolean goesOn(String line, String next, double fullLength) {
        return line.length() >= fullLength
                && !SENTENCE_END.matcher(line).matches()
                && !ITEM_START.matcher(next).matches();
    }
}
