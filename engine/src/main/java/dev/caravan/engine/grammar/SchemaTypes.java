package dev.caravan.engine.grammar;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The types of JSON schema and the keywords that speak of them. */
final class SchemaTypes {
    private static final Set<String> NUMERIC = Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum");

    private static final Map<String, Set<String>> KEYWORDS = new LinkedHashMap<>();

    static {
        KEYWORDS.put("object", Set.of("properties", "required", "additionalProperties"));
        KEYWORDS.put("array", Set.of("items", "prefixItems", "minItems", "maxItems"));
        KEYWORDS.put("string", Set.of("minLength", "maxLength", "pattern", "format"));
        KEYWORDS.put("integer", NUMERIC);
        KEYWORDS.put("number", NUMERIC);
        KEYWORDS.put("boolean", Set.of());
        KEYWORDS.put("null", Set.of());
    }

    private SchemaTypes() {}

    /** The types that a schema names or, by its other keywords, means; none if it allows any value. */
    static List<String> of(SchemaKeywords keywords) {
        if (keywords.has("type")) {
            List<String> types = keywords.get("type") instanceof String type ? List.of(type) : keywords.texts("type");
            for (String type : types) {
                if (!KEYWORDS.containsKey(type)) {
                    throw keywords.failure("there is no type '%s'".formatted(type));
                }
            }
            if (types.isEmpty()) {
                throw keywords.failure("'type' is an empty list; name at least one type");
            }
            return types;
        }
        List<String> meant = new ArrayList<>();
        KEYWORDS.forEach((type, own) -> {
            boolean isMeant = own.stream().anyMatch(keywords::has);
            if (isMeant && !type.equals("integer")) {
                meant.add(type);
            }
        });
        if (meant.size() > 1) {
            throw keywords.failure("keywords of the types %s stand side by side without 'type'; add it"
                    .formatted(String.join(" and ", meant)));
        }
        return meant;
    }

    /** Refuses keywords that speak of none of the types. */
    static void requireKeywordsFit(SchemaKeywords keywords, List<String> types) {
        KEYWORDS.forEach((type, own) -> {
            for (String keyword : own) {
                boolean fits = types.stream()
                        .anyMatch(
                                named -> KEYWORDS.getOrDefault(named, Set.of()).contains(keyword));
                if (keywords.has(keyword) && !fits) {
                    throw keywords.failure("'%s' says nothing about the type %s; remove it"
                            .formatted(keyword, String.join(" or ", types)));
                }
            }
        });
    }

    /** Whether a plain value is of a type. */
    static boolean isOf(String type, @Nullable Object value) {
        return switch (type) {
            case "object" -> value instanceof Map;
            case "array" -> value instanceof List;
            case "string" -> value instanceof String;
            case "number" -> value instanceof Number;
            case "integer" ->
                value instanceof Number number
                        && new BigDecimal(JsonText.number(number))
                                        .stripTrailingZeros()
                                        .scale()
                                <= 0;
            case "boolean" -> value instanceof Boolean;
            default -> value == null;
        };
    }
}
