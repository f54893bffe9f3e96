package dev.caravan.server.api;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One page of a list, by OpenAI's parameters.
 *
 * @param limit the most rows
 * @param after the id of the row before the page, or null for the first page
 * @param before the id of the row behind the page, or null
 * @param ascending oldest first
 */
public record PageRequest(
        int limit, @Nullable String after, @Nullable String before, boolean ascending) {

    /**
     * Reads {@code limit}, {@code after}, {@code before} and {@code order} from a query.
     *
     * @throws ApiException if one of them is out of range
     */
    public static PageRequest of(Map<String, String> query, int defaultLimit, int maxLimit) {
        String order = query.getOrDefault("order", "desc");
        if (!order.equals("asc") && !order.equals("desc")) {
            throw ApiException.invalid("order", "'order' must be asc or desc.");
        }
        return new PageRequest(
                limit(query.get("limit"), defaultLimit, maxLimit),
                blankToNull(query.get("after")),
                blankToNull(query.get("before")),
                order.equals("asc"));
    }

    private static int limit(@Nullable String text, int defaultLimit, int maxLimit) {
        if (text == null || text.isBlank()) {
            return defaultLimit;
        }
        try {
            int limit = Integer.parseInt(text.strip());
            if (limit >= 1 && limit <= maxLimit) {
                return limit;
            }
        } catch (NumberFormatException e) {
            throw limitOutOfRange(maxLimit);
        }
        throw limitOutOfRange(maxLimit);
    }

    private static ApiException limitOutOfRange(int maxLimit) {
        return ApiException.invalid("limit", "'limit' must be a whole number from 1 to %d.".formatted(maxLimit));
    }

    private static @Nullable String blankToNull(@Nullable String text) {
        return text == null || text.isBlank() ? null : text;
    }
}
