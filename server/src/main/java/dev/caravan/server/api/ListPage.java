package dev.caravan.server.api;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI's list object.
 *
 * @param firstId the first row's id, or null for an empty page
 * @param lastId the last row's id: the {@code after} of the next page
 */
public record ListPage<T>(
        String object,
        List<T> data,
        @Nullable String firstId,
        @Nullable String lastId,
        boolean hasMore) {

    /**
     * A page of rows of which one more than asked for was read, if there was one more.
     *
     * @param limit the most rows of the page
     */
    public static <T> ListPage<T> of(List<T> rows, int limit, Function<T, String> id) {
        List<T> data = rows.size() > limit ? rows.subList(0, limit) : rows;
        return new ListPage<>(
                "list",
                List.copyOf(data),
                data.isEmpty() ? null : id.apply(data.getFirst()),
                data.isEmpty() ? null : id.apply(data.getLast()),
                rows.size() > limit);
    }
}
