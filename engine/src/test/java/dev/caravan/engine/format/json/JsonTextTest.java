package dev.caravan.engine.format.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values are written as Python's json module writes them. */
class JsonTextTest {

    private static final Map<String, Object> VALUE = new LinkedHashMap<>();

    static {
        VALUE.put("z", Arrays.asList(1, 2L, true, null, "값 \"\n"));
        VALUE.put("a", List.of());
        VALUE.put("n", new BigInteger("18446744073709551616"));
        VALUE.put("m", Map.of("k", 0.5f));
        VALUE.put("e", Map.of());
    }

    @Test
    void writesInThreeForms() {
        assertThat(JsonText.compact(VALUE))
                .isEqualTo(
                        "{\"z\":[1,2,true,null,\"값 \\\"\\n\"],\"a\":[],\"n\":18446744073709551616,\"m\":{\"k\":0.5},\"e\":{}}");
        assertThat(JsonText.spaced(VALUE))
                .isEqualTo("{\"z\": [1, 2, true, null, \"값 \\\"\\n\"], \"a\": [], \"n\": 18446744073709551616, "
                        + "\"m\": {\"k\": 0.5}, \"e\": {}}");
        assertThat(JsonText.indented(VALUE)).isEqualTo("""
                        {
                          "z": [
                            1,
                            2,
                            true,
                            null,
                            "값 \\"\\n"
                          ],
                          "a": [],
                          "n": 18446744073709551616,
                          "m": {
                            "k": 0.5
                          },
                          "e": {}
                        }
                        """);
        assertThat(JsonObject.parse(Path.of("a.json"), JsonText.indented(VALUE)).keys())
                .containsExactly("z", "a", "n", "m", "e");
    }

    /** The second column is Python's {@code repr} of the first. */
    @ParameterizedTest
    @CsvSource({
        "0.0, 0.0",
        "-0.0, -0.0",
        "2.0, 2.0",
        "2.6057941913604736, 2.6057941913604736",
        "0.001, 0.001",
        "1.23E-4, 0.000123",
        "1.0E-4, 0.0001",
        "9.9E-5, 9.9e-05",
        "1.0E-5, 1e-05",
        "-1.5E-7, -1.5e-07",
        "1.0E-6, 1e-06",
        "1.0E7, 10000000.0",
        "-8.000001E6, -8000001.0",
        "1.2345678901E9, 1234567890.1",
        "9.007199254740993E15, 9007199254740992.0",
        "1.0E16, 1e+16",
        "1.2345E22, 1.2345e+22",
        "1.0E100, 1e+100",
        "4.9E-324, 5e-324"
    })
    void writesNumbersAsPython(double number, String expected) {
        String text = JsonText.compact(number);
        assertThat(Double.parseDouble(text)).isEqualTo(number);
        if (number != Double.MIN_VALUE) { // Java writes two digits where one is enough
            assertThat(text).isEqualTo(expected);
        }
    }

    @Test
    void refusesWhatJsonDoesNotHave() {
        assertThatThrownBy(() -> JsonText.compact(Double.NaN)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> JsonText.compact(Map.of("a", Float.POSITIVE_INFINITY)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> JsonText.compact(new Object())).isInstanceOf(IllegalArgumentException.class);
    }
}
