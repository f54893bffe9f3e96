package dev.caravan.engine.convert;

/** Hears how a conversion goes on, on the thread that called it. */
@FunctionalInterface
public interface ConversionProgress {

    /**
     * More values were computed.
     *
     * @param doneValues so far
     * @param totalValues of the whole model; where scales are needed before the values are written, some count twice
     */
    void advanced(long doneValues, long totalValues);
}
