package dev.caravan.engine.format.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonObjectTest {
    private static final Path FILE = Path.of("config.json");

    @Test
    void readsEveryKindOfValue() {
        JsonObject object = JsonObject.parse(FILE, """
                {"hidden_size": 1792, "rope_theta": 8000000.0, "eps": 1e-5, "model_type": "llama", "tie": true,
                 "rope_scaling": null, "eos": [2, 131301], "inner": {"이름": "믿음"}, "limit": Infinity,
                 "big": 123456789012345678901234567890}
                """);
        assertThat(object.integer("hidden_size")).isEqualTo(1792);
        assertThat(object.integer("rope_theta")).isEqualTo(8_000_000);
        assertThat(object.number("eps")).isEqualTo(1e-5);
        assertThat(object.string("model_type")).isEqualTo("llama");
        assertThat(object.flag("tie", false)).isTrue();
        assertThat(object.has("rope_scaling")).isFalse();
        assertThat(object.integer("rope_scaling", 7)).isEqualTo(7);
        assertThat(object.list("eos").orElseThrow()).isEqualTo(List.of(2L, 131301L));
        assertThat(object.object("inner").orElseThrow().string("이름")).isEqualTo("믿음");
        assertThat(object.number("limit")).isInfinite();
        assertThat(object.number("big")).isEqualTo(1.2345678901234568e29);
    }

    @Test
    void namesFileAndKeyOfAWrongValue() {
        JsonObject object = JsonObject.parse(FILE, "{\"a\": {\"hidden_size\": \"wide\"}, \"n\": 1.5}");
        assertThatThrownBy(() -> object.object("a").orElseThrow().integer("hidden_size"))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("config.json", "a.hidden_size", "wide");
        assertThatThrownBy(() -> object.integer("n")).hasMessageContainingAll("config.json", "the key n", "1.5");
        assertThatThrownBy(() -> object.string("model_type"))
                .hasMessageContainingAll("config.json", "model_type", "missing");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[1]",
                "{\"a\": 1} x",
                "{\"a\": 1, \"a\": 2}",
                "{\"a\": 'b'}",
                "{\"a\": 01}",
                "\u0000",
                "{\"a\": 1,}"
            })
    void refusesWhatIsNotOneSoundObject(String text) {
        assertThatThrownBy(() -> JsonObject.parse(FILE, text))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("config.json: it ");
    }

    @Test
    void refusesDepthWithoutOverflow() {
        assertThatThrownBy(() -> JsonObject.parse(FILE, "{\"a\":" + "[".repeat(100_000)))
                .isInstanceOf(ModelFormatException.class);
    }

    @Test
    void readsAFileAndSaysWhenThereIsNone(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"qwen3\"}");
        assertThat(JsonObject.read(file).string("model_type")).isEqualTo("qwen3");
        assertThatThrownBy(() -> JsonObject.read(folder.resolve("none.json")))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("none.json", "no such file");
    }
}
