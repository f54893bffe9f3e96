package dev.caravan.knowledge.store;

/** The database refused or failed a statement; nothing of the running transaction was kept. */
public final class StoreException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String statement;

    /**
     * Wraps a database failure.
     *
     * @param statement name of the SQL resource that failed
     */
    public StoreException(String statement, Throwable cause) {
        super("statement " + statement + " failed: " + cause.getMessage(), cause);
        this.statement = statement;
    }

    /** Name of the SQL resource that failed. */
    public String statement() {
        return statement;
    }
}
