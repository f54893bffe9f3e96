package dev.caravan.server.backup;

/** A backup cannot be made or restored; the message is one sentence that also says what to do. */
final class BackupException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BackupException(String message) {
        super(message);
    }

    BackupException(String message, Throwable cause) {
        super(message, cause);
    }
}
