package dev.caravan.engine.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;

class JsonSchemaGrammarTest {

    static List<SchemaCases> cases() {
        return SchemaCases.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void acceptsTheValidDocumentsAndRefusesTheInvalidOnes(SchemaCases schema) {
        Grammar grammar = JsonSchemaGrammar.of(schema.schema());
        Validity validity = new Validity(schema.schema());
        SoftAssertions softly = new SoftAssertions();
        for (String text : schema.valid()) {
            softly.assertThat(validity.faults(text))
                    .as("the validator on %s", text)
                    .isEmpty();
            softly.assertThat(Texts.matches(grammar, text))
                    .as("matches %s", text)
                    .isTrue();
        }
        for (String text : schema.invalid()) {
            softly.assertThat(isValid(validity, text))
                    .as("the validator on %s", text)
                    .isFalse();
            softly.assertThat(Texts.matches(grammar, text))
                    .as("matches %s", text)
                    .isFalse();
        }
        for (String text : schema.outside()) {
            softly.assertThat(validity.faults(text))
                    .as("the validator on %s", text)
                    .isEmpty();
            softly.assertThat(Texts.matches(grammar, text))
                    .as("matches %s", text)
                    .isFalse();
        }
        softly.assertAll();
    }

    private static boolean isValid(Validity validity, String text) {
        try {
            return !text.isEmpty() && validity.faults(text).isEmpty();
        } catch (JacksonException | IllegalArgumentException notJson) {
            return false;
        }
    }

    /** An invalid value is refused where it goes wrong, not at the end of the text. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "formats | {\"day\":\"2026-02-3",
                "formats | {\"day\":\"2025-02-29",
                "integer-ranges | {\"percent\":101",
                "integer-ranges | {\"percent\":-",
                "number-ranges | {\"share\":1.01",
                "number-ranges | {\"share\":2",
                "any-of-objects | {\"shape\":{\"kind\":\"square\",\"r",
                "person | {\"no",
            })
    void refusesAtTheFirstWrongCharacter(String name, String text) {
        Grammar grammar = JsonSchemaGrammar.of(SchemaCases.named(name).schema());

        assertThat(Texts.begins(grammar, text.substring(0, text.length() - 1))).isTrue();
        assertThat(Texts.begins(grammar, text)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = "=>",
            quoteCharacter = '`',
            value = {
                "{\"type\":\"string\",\"not\":{}} => #: the keyword 'not' is not supported",
                "{\"properties\":{\"a\":{\"type\":\"number\",\"multipleOf\":2}}} => #/properties/a: the keyword 'multipleOf'",
                "{\"type\":\"array\",\"uniqueItems\":true} => 'uniqueItems'",
                "{\"type\":\"object\",\"patternProperties\":{}} => 'patternProperties'",
                "{\"type\":\"number\",\"minLength\":2} => 'minLength' says nothing about the type number",
                "{\"type\":\"strin\"} => there is no type 'strin'",
                "{\"type\":\"object\",\"properties\":{\"a\":{}},\"additionalProperties\":true} => set it to false",
                "{\"type\":\"object\",\"properties\":{},\"required\":[\"b\"]} => 'b' is required but not among the properties",
                "{\"$ref\":\"#/$defs/nowhere\"} => leads nowhere",
                "{\"$ref\":\"other.json\"} => only # and what begins with #/$defs/",
                "{\"$ref\":\"#\"} => begins with itself",
                "{\"anyOf\":[{\"type\":\"null\"}],\"minLength\":2} => 'minLength' is not supported beside anyOf",
                "{\"anyOf\":[]} => 'anyOf' must be a list with at least one entry",
                "{\"type\":\"string\",\"format\":\"color\"} => the format 'color' is not supported",
                "{\"type\":\"string\",\"format\":\"date\",\"maxLength\":3} => only one of",
                "{\"type\":\"string\",\"pattern\":\"(?=a)\"} => groups that begin with (?",
                "{\"type\":\"string\",\"pattern\":\"(a)\\\\1\"} => \\1 is not supported",
                "{\"type\":\"string\",\"pattern\":\"^a|b$\"} => one alternative of | only",
                "{\"type\":\"string\",\"minLength\":3,\"maxLength\":2} => no text has at least 3 and at most 2",
                "{\"type\":\"string\",\"maxLength\":-1} => must be a whole number from 0",
                "{\"type\":\"array\",\"minItems\":3,\"maxItems\":2} => no array has at least 3",
                "{\"type\":\"integer\",\"minimum\":5,\"maximum\":4} => no integer lies between",
                "{\"type\":\"integer\",\"exclusiveMinimum\":4,\"exclusiveMaximum\":5} => no integer lies between",
                "{\"type\":\"number\",\"exclusiveMinimum\":1,\"maximum\":1} => no number lies between",
                "{\"type\":\"integer\",\"enum\":[1.5]} => 1.5 is not of type integer",
                "{\"enum\":[]} => 'enum' must be a list with at least one entry",
                "{\"minLength\":1,\"minimum\":1} => add it",
                "{\"allOf\":[{\"type\":\"string\"},{\"type\":\"object\"}]} => objects only",
                "{\"properties\":{\"a\":false}} => allows no value",
                "{\"properties\":{\"a\":5}} => expected a schema",
            })
    void refusesWhatItDoesNotSupportByName(String schema, String sentence) {
        Map<String, Object> values = SchemaCases.JSON.readValue(schema, new TypeReference<>() {});

        assertThatThrownBy(() -> JsonSchemaGrammar.of(values))
                .isInstanceOf(GrammarException.class)
                .hasMessageContaining(sentence);
    }

    @Test
    void aPartOfAllOfMustNotForbidAnothersProperties() {
        Map<String, Object> first = Map.of("properties", Map.of("a", Map.of()), "additionalProperties", false);
        Map<String, Object> second = Map.of("properties", Map.of("b", Map.of()));

        assertThatThrownBy(() -> JsonSchemaGrammar.of(Map.of("allOf", List.of(first, second))))
                .hasMessageContaining("forbids the property 'b'");
    }

    @Test
    void aSchemaThatNoFiniteAnswerFulfilsIsRefused() {
        Map<String, Object> schema = Map.of(
                "type", "object",
                "properties", Map.of("next", Map.of("$ref", "#")),
                "required", List.of("next"));

        assertThatThrownBy(() -> GrammarCompiler.compile(JsonSchemaGrammar.of(schema)))
                .isInstanceOf(GrammarException.class)
                .hasMessageContaining("no answer can ever end");
    }

    @Test
    void aDeeplyNestedSchemaIsRefused() {
        Map<String, Object> schema = new HashMap<>(Map.of("type", "null"));
        for (int i = 0; i < 100; i++) {
            schema = new HashMap<>(Map.of("type", "array", "items", schema));
        }
        Map<String, Object> deep = schema;

        assertThatThrownBy(() -> JsonSchemaGrammar.of(deep)).hasMessageContaining("nested more than");
    }

    @Test
    void aTextOfAThousandEnumerationsIsOneWayAtATime() {
        List<String> values =
                IntStream.range(0, 1000).mapToObj(index -> "product-" + index).toList();
        Grammar grammar = JsonSchemaGrammar.of(Map.of("enum", values));

        assertThat(Texts.matches(grammar, "\"product-777\"")).isTrue();
        assertThat(Texts.matches(grammar, "\"product-1000\"")).isFalse();
    }
}
