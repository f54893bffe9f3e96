package dev.caravan.server.models.catalogue;

/** A model cannot be had or used; the message is one sentence that also says what to do. */
public final class ModelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ModelException(String message) {
        super(message);
    }

    public ModelException(String message, Throwable cause) {
        super(message, cause);
    }
}
