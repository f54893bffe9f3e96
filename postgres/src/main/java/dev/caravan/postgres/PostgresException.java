package dev.caravan.postgres;

/** Something about the embedded database went wrong; the message is one sentence that also says what to do. */
public final class PostgresException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param message what is wrong and what to do, for a person */
    public PostgresException(String message) {
        super(message);
    }

    /**
     * @param message what is wrong and what to do, for a person
     * @param cause the error underneath
     */
    public PostgresException(String message, Throwable cause) {
        super(message, cause);
    }
}
