package dev.caravan.engine.format.json;

import org.jspecify.annotations.Nullable;

/** Takes the members of one object or list of a JSON file while it is read, so that it is never held whole. */
@FunctionalInterface
public interface JsonSink {

    /**
     * One member, in the order of the file.
     *
     * @param key the member's name, or null for the elements of a list
     * @param value a plain value: Map, List, String, Long, BigInteger, Double, Boolean or null
     */
    void member(@Nullable String key, @Nullable Object value);
}
