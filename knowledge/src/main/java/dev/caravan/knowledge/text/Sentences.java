package dev.caravan.knowledge.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Sentence boundaries of Korean and English text. A sentence ends at a full stop, question or exclamation mark (and its
 * closing quotes) before white space, at an empty line, and at a line break unless the line is long and unfinished.
 * Numbers (3.5, 2026. 3. 1.), list marks (1. 가.), initials and common abbreviations do not end one.
 */
public final class Sentences {

    private static final int WRAPPED_LINE_CHARACTERS = 60;
    private static final String TERMINATORS = ".!?。！？…";
    private static final String CLOSERS = "\"')]}”’」』》〉";
    private static final Set<String> ABBREVIATIONS = Set.of(
            "mr", "mrs", "ms", "dr", "prof", "sr", "jr", "st", "vs", "e.g", "i.e", "fig", "no", "inc", "ltd", "co",
            "corp", "dept", "approx", "cf", "p", "pp", "vol", "art", "sec");
    private static final Pattern ITEM_START = Pattern.compile(
            "(#{1,6}\\s|[-*•·‣▪■□○●※▶]\\s?|\\d{1,3}[.)]|\\(\\d{1,3}\\)|[가-하][.)]\\s|[①-⑳]|제\\s?\\d+\\s?[장절조항]).*",
            Pattern.DOTALL);

    private Sentences() {}

    /** The sentences of a text in its order, without the white space around them. */
    public static List<Span> of(String text) {
        List<Span> sentences = new ArrayList<>();
        int start = 0;
        for (int index = 0; index < text.length(); index++) {
            char character = text.charAt(index);
            int end = -1;
            if (character == '\n') {
                end = isLineEnd(text, start, index) ? index : -1;
            } else if (TERMINATORS.indexOf(character) >= 0) {
                end = terminatedAt(text, start, index);
            }
            if (end >= 0) {
                add(text, start, end, sentences);
                start = end;
                index = Math.max(index, end - 1);
            }
        }
        add(text, start, text.length(), sentences);
        return sentences;
    }

    private static void add(String text, int start, int end, List<Span> sentences) {
        int from = start;
        int to = end;
        while (from < to && Character.isWhitespace(text.charAt(from))) {
            from++;
        }
        while (to > from && Character.isWhitespace(text.charAt(to - 1))) {
            to--;
        }
        if (from < to) {
            sentences.add(new Span(from, to));
        }
    }

    /** End of the sentence that the mark at this place closes, or -1 if it closes none. */
    private static int terminatedAt(String text, int start, int mark) {
        int end = mark + 1;
        while (end < text.length() && TERMINATORS.indexOf(text.charAt(end)) >= 0) {
            end++;
        }
        while (end < text.length() && CLOSERS.indexOf(text.charAt(end)) >= 0) {
            end++;
        }
        boolean fullWidth = "。！？".indexOf(text.charAt(mark)) >= 0;
        if (end < text.length() && !Character.isWhitespace(text.charAt(end)) && !fullWidth) {
            return -1;
        }
        return text.charAt(mark) == '.' && end == mark + 1 && isInnerStop(text, start, mark) ? -1 : end;
    }

    /** Whether a full stop belongs to a number, a list mark, an initial or an abbreviation. */
    private static boolean isInnerStop(String text, int start, int mark) {
        int wordStart = mark;
        while (wordStart > start && !Character.isWhitespace(text.charAt(wordStart - 1))) {
            wordStart--;
        }
        String word = text.substring(wordStart, mark);
        if (word.isEmpty()) {
            return false;
        }
        boolean opensSentence = text.substring(start, wordStart).isBlank();
        boolean digits = word.chars().allMatch(Character::isDigit);
        if (digits) {
            int next = mark + 1;
            while (next < text.length() && text.charAt(next) == ' ') {
                next++;
            }
            boolean numberFollows = next < text.length() && Character.isDigit(text.charAt(next));
            boolean datesLastPart =
                    text.substring(start, wordStart).stripTrailing().matches("(?s).*\\d\\.");
            return numberFollows || datesLastPart || (opensSentence && word.length() <= 3);
        }
        if (opensSentence && word.length() == 1) {
            return true;
        }
        String lower = word.toLowerCase(java.util.Locale.ROOT);
        return ABBREVIATIONS.contains(lower) || (word.length() == 1 && Character.isUpperCase(word.charAt(0)));
    }

    private static boolean isLineEnd(String text, int start, int lineBreak) {
        int next = lineBreak + 1;
        if (next >= text.length() || text.charAt(next) == '\n') {
            return true;
        }
        int lineStart = Math.max(start, text.lastIndexOf('\n', lineBreak - 1) + 1);
        String line = text.substring(lineStart, lineBreak).strip();
        int nextEnd = text.indexOf('\n', next);
        String following =
                text.substring(next, nextEnd < 0 ? text.length() : nextEnd).strip();
        return line.length() < WRAPPED_LINE_CHARACTERS
                || line.contains(" | ")
                || following.contains(" | ")
                || ITEM_START.matcher(following).matches();
    }
}
