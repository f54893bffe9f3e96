package dev.caravan.server.config;

/** The server cannot start; the message is one sentence that says what is wrong, the action says what to do. */
public final class StartupException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String action;

    public StartupException(String problem, String action) {
        super(problem);
        this.action = action;
    }

    public StartupException(String problem, String action, Throwable cause) {
        super(problem, cause);
        this.action = action;
    }

    /** What the person who starts the server can do about it. */
    public String action() {
        return action;
    }
}
