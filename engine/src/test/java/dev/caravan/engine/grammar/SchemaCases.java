package dev.caravan.engine.grammar;

import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * The hand-written schemas of {@code grammar/schemas.json}.
 *
 * @param valid documents that the grammar must accept
 * @param invalid documents, or beginnings of some, that it must refuse; none is valid against the schema
 * @param outside documents that are valid against the schema but written as the grammar does not write them
 */
record SchemaCases(
        String name, Map<String, Object> schema, List<String> valid, List<String> invalid, List<String> outside) {
    static final JsonMapper JSON = new JsonMapper();

    static List<SchemaCases> all() {
        InputStream file = Objects.requireNonNull(SchemaCases.class.getResourceAsStream("/grammar/schemas.json"));
        return JSON.readValue(file, new TypeReference<List<SchemaCases>>() {});
    }

    static SchemaCases named(String name) {
        return all().stream()
                .filter(schemaCase -> schemaCase.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** A map in this order: names and values in turn. */
    static Map<String, Object> ordered(Object... namesAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return map;
    }

    @Override
    public String toString() {
        return name;
    }
}
