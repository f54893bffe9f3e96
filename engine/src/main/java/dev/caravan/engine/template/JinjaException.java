package dev.caravan.engine.template;

/** A template is malformed, or something in it failed while it was rendered. */
public final class JinjaException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private static final String NO_NAME = "chat template";

    private final String problem;
    private final int line;

    /** A failure whose line is not known yet: the statement around it adds it. */
    JinjaException(String problem) {
        this(problem, 0);
    }

    JinjaException(String problem, int line) {
        this(problem, line, NO_NAME);
    }

    private JinjaException(String problem, int line, String template) {
        super(line > 0 ? "%s, line %d: %s".formatted(template, line, problem) : "%s: %s".formatted(template, problem));
        this.problem = problem;
        this.line = line;
    }

    /** This failure with its line, unless a statement further inside has named it. */
    JinjaException at(int outerLine) {
        return line > 0 ? this : new JinjaException(problem, outerLine);
    }

    /** This failure with the name of the template. */
    JinjaException in(String template) {
        JinjaException named = new JinjaException(problem, line, template);
        named.initCause(this);
        return named;
    }

    /** The template's line, counted from 1. */
    public int line() {
        return line;
    }
}
