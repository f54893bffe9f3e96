package dev.caravan.engine.template;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The interpreter against transformers' own rendering. */
class JinjaTemplateTest {

    @Test
    void rendersByteForByteAsTransformers() throws IOException {
        List<String> differences =
                GoldenTemplates.differences(GoldenTemplates.open("cases.jsonl.gz"), GoldenTemplates::resource);
        assertThat(differences).as("%d cases differ", differences.size()).isEmpty();
    }
}
