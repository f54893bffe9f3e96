package dev.caravan.engine;

/** A request names an adapter that is no longer in service. */
public final class AdapterClosedException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    private final String adapter;

    public AdapterClosedException(String adapter) {
        super("the adapter %s is out of service; choose another one or ask the base model".formatted(adapter));
        this.adapter = adapter;
    }

    /** The adapter's name. */
    public String adapter() {
        return adapter;
    }
}
