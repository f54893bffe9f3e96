package dev.caravan.engine.format.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import dev.caravan.testkit.TestModels;
import org.junit.jupiter.api.Test;

/** Opens a file that llama.cpp's tools wrote. The expected values are gguf-py's. */
class RealGgufFileTest {

    @Test
    void readsGemma3() {
        try (GgufFile file = GgufFile.open(TestModels.gemma3())) {
            GgufMetadata metadata = file.metadata();
            assertThat(metadata.string("general.architecture")).isEqualTo("gemma3");
            assertThat(metadata.integer("gemma3.block_count")).isEqualTo(18);
            assertThat(metadata.floatValue("gemma3.rope.freq_base")).isEqualTo(1_000_000f);
            assertThat(metadata.flag("tokenizer.ggml.add_bos_token", false)).isTrue();
            assertThat(metadata.strings("tokenizer.ggml.tokens"))
                    .hasSize(262144)
                    .startsWith("<pad>", "<eos>", "<bos>");
            assertThat(metadata.floats("tokenizer.ggml.scores")).hasSize(262144);
            assertThat(metadata.integers("tokenizer.ggml.token_type")).hasSize(262144);
            assertThat(metadata.integer("no.such.key", -1)).isEqualTo(-1);

            assertThat(file.tensorNames()).hasSize(236).contains("token_embd.weight");
            Tensor down = file.tensor("blk.0.ffn_down.weight");
            assertThat(down.shape()).containsExactly(640, 2048);
            Tensor embedding = file.tensor("token_embd.weight");
            assertThat(embedding.dtype()).isEqualTo(DType.Q8_0);
            assertThat(embedding.rows()).isEqualTo(262144);
            assertThat(embedding.columns()).isEqualTo(640);
            assertThat(file.findTensor("output.weight")).isEmpty();
        }
    }
}
