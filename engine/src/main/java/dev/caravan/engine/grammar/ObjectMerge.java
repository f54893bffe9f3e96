package dev.caravan.engine.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Makes one object schema of an {@code allOf} of object schemas: the properties of all of them, in their order. */
final class ObjectMerge {
    private static final int MAX_PARTS = 256;
    private static final Set<String> OBJECT = Set.of("type", "properties", "required", "additionalProperties");

    private final BiFunction<String, SchemaKeywords, SchemaKeywords> definitions;
    private final Map<String, @Nullable Object> properties = new LinkedHashMap<>();
    private final Set<String> required = new LinkedHashSet<>();

    /** The properties of each part that allows no others. */
    private final List<Set<String>> closed = new ArrayList<>();

    private int parts;

    /** @param definitions what a {@code $ref} of a schema means */
    ObjectMerge(BiFunction<String, SchemaKeywords, SchemaKeywords> definitions) {
        this.definitions = definitions;
    }

    SchemaKeywords merge(SchemaKeywords keywords) {
        add(keywords);
        for (Set<String> names : closed) {
            for (String name : properties.keySet()) {
                if (!names.contains(name)) {
                    throw keywords.failure(
                            "a part of allOf forbids the property '%s' of another; take 'additionalProperties' out of it"
                                    .formatted(name));
                }
            }
        }
        Map<String, @Nullable Object> merged = new LinkedHashMap<>();
        merged.put("type", "object");
        merged.put("properties", properties);
        merged.put("required", List.copyOf(required));
        merged.put("additionalProperties", false);
        return new SchemaKeywords(merged, keywords.location());
    }

    private void add(SchemaKeywords part) {
        if (++parts > MAX_PARTS) {
            throw part.failure("allOf has more than %d parts, or contains itself".formatted(MAX_PARTS));
        }
        if (part.has("$ref")) {
            part.allowOnly(Set.of("$ref"), "beside $ref");
            add(definitions.apply(part.text("$ref"), part));
            return;
        }
        Set<String> allowed = new LinkedHashSet<>(OBJECT);
        allowed.add("allOf");
        part.allowOnly(allowed, "in allOf, which may hold objects only");
        if (part.has("type") && !"object".equals(part.get("type"))) {
            throw part.failure("allOf is supported for objects only; write the schema out");
        }
        Map<String, @Nullable Object> own = part.schemas("properties");
        own.forEach((name, schema) -> {
            if (properties.containsKey(name)
                    && !JsonText.of(properties.get(name)).equals(JsonText.of(schema))) {
                throw part.failure("allOf gives '%s' two schemas; write them as one".formatted(name));
            }
            properties.put(name, schema);
        });
        required.addAll(part.texts("required"));
        if (part.has("additionalProperties")) {
            if (!Boolean.FALSE.equals(part.get("additionalProperties"))) {
                throw part.failure("'additionalProperties' in allOf must be false or missing");
            }
            closed.add(own.keySet());
        }
        if (part.has("allOf")) {
            int index = 0;
            for (Object inner : part.list("allOf")) {
                add(SchemaKeywords.of(inner, part.below("allOf", Integer.toString(index++))));
            }
        }
    }
}
