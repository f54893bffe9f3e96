package dev.caravan.engine.grammar;

import static dev.caravan.engine.grammar.Expression.choice;
import static dev.caravan.engine.grammar.Expression.text;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * JSON schemas as grammars: the subset of OpenAI's structured outputs, and what is near to it. A keyword outside of it is
 * refused by name. Every text that the grammar matches is valid; not every valid text is matched: properties come in the
 * order of the schema and no others are added, numbers have a limited number of digits, and white space is limited.
 */
public final class JsonSchemaGrammar {
    private static final int MAX_DEPTH = 64;
    private static final int MAX_SCHEMAS = 5000;
    private static final int MAX_CHARACTERS = 1 << 19;

    private static final Set<String> TYPED = Set.of(
            "type",
            "minLength",
            "maxLength",
            "pattern",
            "format",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "properties",
            "required",
            "additionalProperties",
            "items",
            "prefixItems",
            "minItems",
            "maxItems");

    private final SchemaKeywords root;
    private final GrammarRules rules = new GrammarRules();
    private final JsonValues values = new JsonValues(rules);
    private final Map<String, Expression> references = new HashMap<>();
    private int schemas;

    private JsonSchemaGrammar(SchemaKeywords root) {
        this.root = root;
    }

    /**
     * The grammar of a schema.
     *
     * @param schema plain values: maps in the order of the answer's properties, lists, texts, numbers, booleans and null
     * @throws GrammarException if a keyword is unknown, not supported or of the wrong type, or the schema is too large
     */
    public static Grammar of(Map<String, ?> schema) {
        if (JsonText.of(schema).length() > MAX_CHARACTERS) {
            throw new GrammarException(
                    "#", "the schema has more than %d characters; make it smaller".formatted(MAX_CHARACTERS));
        }
        SchemaKeywords root = SchemaKeywords.of(schema, "#");
        JsonSchemaGrammar grammar = new JsonSchemaGrammar(root);
        Expression start = grammar.reference("#", root, 0);
        return grammar.rules.grammar(start);
    }

    /** The grammar of any JSON object. */
    public static Grammar anyObject() {
        GrammarRules rules = new GrammarRules();
        JsonValues values = new JsonValues(rules);
        return rules.grammar(values.map(values.any()));
    }

    private Expression schema(@Nullable Object value, String location, int depth) {
        if (depth > MAX_DEPTH || ++schemas > MAX_SCHEMAS) {
            throw new GrammarException(
                    location,
                    "the schema is nested more than %d deep or has more than %d parts; make it smaller"
                            .formatted(MAX_DEPTH, MAX_SCHEMAS));
        }
        if (value instanceof Boolean isAllowed) {
            if (!isAllowed) {
                throw new GrammarException(location, "the schema 'false' allows no value; remove it");
            }
            return values.any();
        }
        SchemaKeywords keywords = SchemaKeywords.of(value, location);
        if (keywords.has("$ref")) {
            keywords.allowOnly(Set.of("$ref"), "beside $ref");
            return resolve(keywords.text("$ref"), keywords, depth);
        }
        for (String either : List.of("anyOf", "oneOf")) {
            if (keywords.has(either)) {
                keywords.allowOnly(Set.of(either), "beside " + either);
                return eitherOf(either, keywords, depth);
            }
        }
        if (keywords.has("allOf")) {
            return merged(keywords, depth);
        }
        if (keywords.has("const") || keywords.has("enum")) {
            return literals(keywords);
        }
        keywords.allowOnly(TYPED, "");
        return typed(keywords, depth);
    }

    private Expression resolve(String target, SchemaKeywords keywords, int depth) {
        SchemaKeywords found = definition(target, keywords);
        return reference(target, found, depth);
    }

    /** The schema that a reference means: {@code #}, or one of {@code #/$defs} and {@code #/definitions}. */
    private SchemaKeywords definition(String target, SchemaKeywords keywords) {
        if (target.equals("#")) {
            return root;
        }
        for (String group : List.of("$defs", "definitions")) {
            String prefix = "#/" + group + "/";
            if (target.startsWith(prefix)) {
                String name =
                        target.substring(prefix.length()).replace("~1", "/").replace("~0", "~");
                Map<String, @Nullable Object> definitions = root.schemas(group);
                if (definitions.containsKey(name)) {
                    return SchemaKeywords.of(definitions.get(name), target);
                }
                throw keywords.failure("$ref '%s' leads nowhere; add '%s' to %s".formatted(target, name, group));
            }
        }
        throw keywords.failure("$ref '%s' is not supported; only # and what begins with #/$defs/ is".formatted(target));
    }

    /** A rule per schema that is referred to, named before it is written so that it may refer to itself. */
    private Expression reference(String target, SchemaKeywords schema, int depth) {
        Expression known = references.get(target);
        if (known != null) {
            return known;
        }
        Expression reference = rules.declare(target);
        references.put(target, reference);
        rules.define(target, schema(schema.values(), schema.location(), depth + 1));
        return reference;
    }

    private Expression eitherOf(String keyword, SchemaKeywords keywords, int depth) {
        List<Expression> options = new ArrayList<>();
        int index = 0;
        for (Object option : keywords.list(keyword)) {
            options.add(schema(option, keywords.below(keyword, Integer.toString(index++)), depth + 1));
        }
        return choice(options);
    }

    private Expression merged(SchemaKeywords keywords, int depth) {
        List<? extends @Nullable Object> parts = keywords.list("allOf");
        if (parts.size() == 1 && keywords.values().keySet().stream().noneMatch(TYPED::contains)) {
            keywords.allowOnly(Set.of("allOf"), "beside allOf");
            return schema(parts.getFirst(), keywords.below("allOf", "0"), depth + 1);
        }
        return typed(new ObjectMerge(this::definition).merge(keywords), depth);
    }

    private static Expression literals(SchemaKeywords keywords) {
        boolean isConst = keywords.has("const");
        keywords.allowOnly(Set.of("type", isConst ? "const" : "enum"), isConst ? "beside const" : "beside enum");
        List<Expression> options = new ArrayList<>();
        if (isConst) {
            options.add(text(JsonText.of(keywords.get("const"))));
        } else {
            keywords.list("enum").forEach(value -> options.add(text(JsonText.of(value))));
        }
        if (keywords.has("type")) {
            List<String> types = SchemaTypes.of(keywords);
            List<?> all = isConst ? Collections.singletonList(keywords.get("const")) : keywords.list("enum");
            for (Object value : all) {
                if (types.stream().noneMatch(type -> SchemaTypes.isOf(type, value))) {
                    throw keywords.failure("%s is not of type %s; correct one of the two"
                            .formatted(JsonText.of(value), String.join(" or ", types)));
                }
            }
        }
        return choice(options);
    }

    private Expression typed(SchemaKeywords keywords, int depth) {
        List<String> types = SchemaTypes.of(keywords);
        if (types.isEmpty()) {
            return values.any();
        }
        SchemaTypes.requireKeywordsFit(keywords, types);
        List<Expression> options = new ArrayList<>();
        for (String type : types) {
            options.add(
                    switch (type) {
                        case "string" -> values.string(keywords);
                        case "integer" -> values.integer(keywords);
                        case "number" -> values.number(keywords);
                        case "boolean" -> choice(text("true"), text("false"));
                        case "null" -> text("null");
                        case "array" -> array(keywords, depth);
                        default -> object(keywords, depth);
                    });
        }
        return choice(options);
    }

    private Expression array(SchemaKeywords keywords, int depth) {
        List<Expression> prefix = new ArrayList<>();
        if (keywords.has("prefixItems")) {
            int index = 0;
            for (Object item : keywords.list("prefixItems")) {
                prefix.add(schema(item, keywords.below("prefixItems", Integer.toString(index++)), depth + 1));
            }
        }
        int min = keywords.limit("minItems", 0);
        int max = keywords.limit("maxItems", Expression.UNBOUNDED);
        boolean isClosed = keywords.has("items") ? Boolean.FALSE.equals(keywords.get("items")) : !prefix.isEmpty();
        if (isClosed) {
            max = Math.min(max, prefix.size());
        }
        if (min > max) {
            throw keywords.failure("no array has at least %d and at most %d items".formatted(min, max));
        }
        if (isClosed) {
            return values.array(prefix, Expression.EMPTY, min, max);
        }
        Expression items = keywords.has("items")
                ? schema(keywords.get("items"), keywords.below("items"), depth + 1)
                : values.any();
        return values.array(prefix, items, min, max);
    }

    private Expression object(SchemaKeywords keywords, int depth) {
        Map<String, @Nullable Object> properties = keywords.schemas("properties");
        List<String> required = keywords.texts("required");
        Object additional = keywords.has("additionalProperties")
                ? keywords.get("additionalProperties")
                : properties.isEmpty() && !keywords.has("properties");
        for (String name : required) {
            if (!properties.containsKey(name)) {
                throw keywords.failure("'%s' is required but not among the properties; add it there".formatted(name));
            }
        }
        if (!Boolean.FALSE.equals(additional)) {
            if (!properties.isEmpty()) {
                throw keywords.failure("'additionalProperties' beside 'properties' is not supported; set it to false");
            }
            String location = keywords.below("additionalProperties");
            return values.map(schema(additional, location, depth + 1));
        }
        Map<String, Expression> members = new LinkedHashMap<>();
        properties.forEach(
                (name, value) -> members.put(name, schema(value, keywords.below("properties", name), depth + 1)));
        return values.object(members, Set.copyOf(required));
    }
}
