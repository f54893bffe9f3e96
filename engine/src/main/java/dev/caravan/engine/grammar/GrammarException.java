package dev.caravan.engine.grammar;

/** A grammar or a JSON schema that cannot be used; the message says where, what is wrong and what to do. */
public final class GrammarException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String location;

    GrammarException(String location, String message) {
        super(location.isEmpty() ? message : location + ": " + message);
        this.location = location;
    }

    /**
     * Where it is wrong: {@code line 3, column 5} in a grammar, {@code #/properties/name} in a schema; empty if it is the
     * whole.
     */
    public String location() {
        return location;
    }
}
