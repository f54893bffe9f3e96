package dev.caravan.engine.check;

import java.util.List;

/**
 * One finding of a check.
 *
 * @param level whether the model can be used
 * @param subject what was looked at, in one or two words
 * @param text what was found, in a sentence
 * @param details further lines, possibly none
 */
public record Finding(Level level, String subject, String text, List<String> details) {

    /** How good a finding is. */
    public enum Level {
        OK,
        /** The model runs, but not as one would expect. */
        WARNING,
        /** The model cannot be used, or not so. */
        PROBLEM
    }

    public Finding {
        details = List.copyOf(details);
    }

    static Finding ok(String subject, String text) {
        return new Finding(Level.OK, subject, text, List.of());
    }

    static Finding warning(String subject, String text) {
        return new Finding(Level.WARNING, subject, text, List.of());
    }

    static Finding problem(String subject, String text) {
        return new Finding(Level.PROBLEM, subject, text, List.of());
    }

    Finding with(List<String> lines) {
        return new Finding(level, subject, text, lines);
    }
}
