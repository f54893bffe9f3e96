package dev.caravan.engine.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.BoundAdapter;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Session;
import dev.caravan.engine.model.TinyDecoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Adapters that are handed to a decoder; what they compute is compared by {@code AdapterPassTest}. */
class ServingFormTest {
    private static final int[] PROMPT = {5, 17, 200, 31, 8};

    private static float[] logits(Decoder decoder, @Nullable BoundAdapter adapter) {
        try (Kernels kernels = KernelProvider.scalar();
                Session session = new Session(decoder, kernels, 16, adapter)) {
            session.feed(PROMPT, 0, PROMPT.length, () -> false);
            return session.logits().clone();
        }
    }

    @Test
    void anUntrainedAdapterIsTheBaseAndATrainedOneKeepsItsValuesWhileTrainingGoesOn() {
        TinyDecoder.use("llama", decoder -> {
            LoraAdapter adapter = LoraAdapter.initial(LoraConfig.of(4, 8), decoder, 1);
            float[] base = logits(decoder, null);
            assertThat(logits(decoder, new BoundAdapter(ServingForm.of(adapter, decoder), 1)))
                    .isEqualTo(base);
            adapter.modules().forEach(module -> Arrays.fill(module.b(), 0.05f));
            BoundAdapter trained = new BoundAdapter(ServingForm.of(adapter, decoder), 1);
            float[] logits = logits(decoder, trained);
            assertThat(logits).isNotEqualTo(base);
            adapter.modules().forEach(module -> {
                Arrays.fill(module.a(), 1);
                Arrays.fill(module.b(), 1);
            });
            assertThat(logits(decoder, trained)).isEqualTo(logits);
        });
    }

    @Test
    void adaptersOfAnotherBaseAreRefusedByTheirModulesAndSizes() {
        TinyDecoder.use("llama", decoder -> {
            LoraAdapter adapter = LoraAdapter.initial(LoraConfig.of(4, 8), decoder, 1);
            LoraModule first = adapter.modules().getFirst();
            LoraModule deeper = new LoraModule("model.layers.99.mlp.up_proj", 2, 3, 1, 1, new float[2], new float[3]);
            assertThatThrownBy(() -> ServingForm.of(with(adapter, deeper), decoder))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "the adapter is of another base: it changes model.layers.99.mlp.up_proj, which this model"
                                    + " does not have; load it with the base that it was trained on");
            LoraModule wider = new LoraModule(first.name(), 2, 3, 1, 1, new float[2], new float[3]);
            assertThatThrownBy(() -> ServingForm.of(with(adapter, wider), decoder))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "the adapter is of another base: its %s is 3 x 2, this model's %d x %d; load it with the base that it was trained on"
                                    .formatted(first.name(), first.outputs(), first.inputs()));
        });
    }

    /** With another module in the place of the first. */
    private static LoraAdapter with(LoraAdapter adapter, LoraModule other) {
        List<LoraModule> modules = new ArrayList<>(adapter.modules());
        modules.set(0, other);
        return new LoraAdapter(adapter.config(), modules, "");
    }
}
