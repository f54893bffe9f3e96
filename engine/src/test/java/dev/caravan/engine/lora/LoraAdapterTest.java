package dev.caravan.engine.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.model.TinyDecoder;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Goal: a new adapter changes nothing, is the same for the same seed, and knows every change of its values. */
class LoraAdapterTest {

    private static LoraAdapter initial(LoraConfig config, long seed) {
        LoraAdapter[] adapter = new LoraAdapter[1];
        TinyDecoder.use("llama", decoder -> adapter[0] = LoraAdapter.initial(config, decoder, seed));
        return adapter[0];
    }

    @Test
    void modulesStandInTheOrderOfTheModelWithTheBasesSizes() {
        TinyDecoder.use("llama", decoder -> {
            LoraAdapter adapter = LoraAdapter.initial(LoraConfig.of(4, 8), decoder, 1);

            assertThat(adapter.modules())
                    .extracting(LoraModule::name)
                    .containsExactlyElementsOf(LinearShape.of(decoder).stream()
                            .map(LinearShape::name)
                            .toList())
                    .startsWith(
                            "model.layers.0.self_attn.q_proj",
                            "model.layers.0.self_attn.k_proj",
                            "model.layers.0.self_attn.v_proj",
                            "model.layers.0.self_attn.o_proj",
                            "model.layers.0.mlp.gate_proj",
                            "model.layers.0.mlp.up_proj",
                            "model.layers.0.mlp.down_proj",
                            "model.layers.1.self_attn.q_proj");
            LoraModule down = adapter.module("model.layers.0.mlp.down_proj").orElseThrow();
            assertThat(down.inputs()).isEqualTo(decoder.config().intermediateSize());
            assertThat(down.outputs()).isEqualTo(decoder.config().hiddenSize());
            assertThat(down.scaling()).isEqualTo(2);
        });
    }

    @Test
    void aIsUniformWithinItsBoundAndBIsZero() {
        LoraModule module = initial(LoraConfig.of(16, 16), 7).modules().getFirst();
        double bound = 1 / Math.sqrt(module.inputs());
        double greatest = 0;
        double squares = 0;
        for (float value : module.a()) {
            greatest = Math.max(greatest, Math.abs(value));
            squares += value * value;
        }

        assertThat(module.b()).containsOnly(0);
        assertThat(greatest / bound).isBetween(0.95, 1.0);
        // A uniform variable's variance is a third of its bound's square.
        assertThat(squares / module.a().length / (bound * bound / 3)).isBetween(0.85, 1.15);
    }

    @Test
    void theSeedAloneDecidesTheValues() {
        LoraConfig config = LoraConfig.of(4, 8);

        assertThat(initial(config, 1).hash()).isEqualTo(initial(config, 1).hash());
        assertThat(initial(config, 1).hash()).isNotEqualTo(initial(config, 2).hash());
    }

    @Test
    void theHashCountsWhatTheAdapterDoesAndNotHowItWasTrained() {
        LoraConfig config = LoraConfig.of(4, 8);
        LoraAdapter adapter = initial(config, 1);
        String before = adapter.hash();

        assertThat(initial(config.toBuilder().baseModelNameOrPath("elsewhere").build(), 1)
                        .hash())
                .isEqualTo(before);
        assertThat(initial(config.toBuilder().loraAlpha(9).build(), 1).hash()).isNotEqualTo(before);
        assertThat(initial(config.toBuilder().loraDropout(0.1).build(), 1).hash())
                .isEqualTo(before);
        adapter.modules().getLast().b()[3] = 1e-20f;
        assertThat(adapter.hash()).isNotEqualTo(before);
    }

    @Test
    void thereIsNoAdapterWithoutModulesOrWithOneTwice() {
        LoraModule module = new LoraModule("m", 2, 3, 1, 1, new float[2], new float[3]);

        assertThatThrownBy(() -> new LoraAdapter(LoraConfig.of(1, 1), List.of(), ""))
                .hasMessageContaining("target_modules");
        assertThatThrownBy(() -> new LoraAdapter(LoraConfig.of(1, 1), List.of(module, module), ""))
                .hasMessageContaining("twice");
        assertThatThrownBy(() -> new LoraModule("m", 2, 3, 1, 1, new float[2], new float[4]))
                .hasMessageContaining("1 x 2 and 3 x 1");
    }
}
