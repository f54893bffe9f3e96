package dev.caravan.engine.train.dataset;

/** A row cannot be used; the message is one sentence that says what is wrong and what to do, without the line. */
final class InvalidRowException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    InvalidRowException(String problem) {
        super(problem);
    }

    String problem() {
        return String.valueOf(getMessage());
    }
}
