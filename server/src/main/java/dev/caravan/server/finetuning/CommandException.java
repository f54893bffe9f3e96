package dev.caravan.server.finetuning;

/** A command cannot do what it was asked; the message says why and what to do. */
final class CommandException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CommandException(String message) {
        super(message);
    }
}
