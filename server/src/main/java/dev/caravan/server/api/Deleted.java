package dev.caravan.server.api;

/**
 * OpenAI's answer to a deletion.
 *
 * @param object for example {@code vector_store.deleted}
 */
public record Deleted(String id, String object, boolean deleted) {

    public static Deleted of(String id, String object) {
        return new Deleted(id, object, true);
    }
}
