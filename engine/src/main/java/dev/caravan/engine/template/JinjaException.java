package dev.caravan.engine.template;

/** A template is malformed, or something in it failed while it was rendered. */
public final class JinjaException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final int line;

    /** A failure whose line is not known yet: the statement around it adds it. */
    JinjaException(String problem) {
        this(problem, 0);
    }

    JinjaException(String problem, int line) {
        super(line > 0 ? "chat template, line %d: %s".formatted(line, problem) : problem);
        this.line = line;
    }

    /** This failure with its line, unless a statement further inside has named it. */
    JinjaException at(int outerLine) {
        return line > 0 ? this : new JinjaException(String.valueOf(getMessage()), outerLine);
    }

    /** The template's line, counted from 1. */
    public int line() {
        return line;
    }
}
