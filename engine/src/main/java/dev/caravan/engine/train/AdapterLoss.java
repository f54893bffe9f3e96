package dev.caravan.engine.train;

import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.lora.LoraModule;
import dev.caravan.engine.train.dataset.PackedBatch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** The loss of an adapter on a frozen model. */
final class AdapterLoss implements LossFunction {
    private final TrainingPass pass;
    private final LoraGradients gradients;
    private final List<TrainableTensor> tensors;

    AdapterLoss(TrainingPass pass) {
        this.pass = pass;
        this.gradients = new LoraGradients(pass.adapter());
        this.tensors = tensors(pass.adapter(), gradients);
    }

    private static List<TrainableTensor> tensors(LoraAdapter adapter, LoraGradients gradients) {
        List<TrainableTensor> tensors = new ArrayList<>();
        for (LoraModule module : adapter.modules()) {
            int index = tensors.size() / 2;
            tensors.add(new TrainableTensor(
                    module.name() + ".lora_A.weight",
                    new long[] {module.r(), module.inputs()},
                    module.a(),
                    gradients.a(index)));
            tensors.add(new TrainableTensor(
                    module.name() + ".lora_B.weight",
                    new long[] {module.outputs(), module.r()},
                    module.b(),
                    gradients.b(index)));
        }
        return List.copyOf(tensors);
    }

    @Override
    public List<TrainableTensor> tensors() {
        return tensors;
    }

    @Override
    public Map<String, String> identity() {
        LoraAdapter adapter = pass.adapter();
        LoraConfig config = adapter.config();
        Map<String, String> identity = new LinkedHashMap<>();
        identity.put("the base model", adapter.baseHash().isEmpty() ? "unknown" : adapter.baseHash());
        identity.put("r", String.valueOf(config.r()));
        identity.put("loraAlpha", String.valueOf(config.loraAlpha()));
        identity.put("loraDropout", String.valueOf(config.loraDropout()));
        TrainingHash modules = new TrainingHash();
        for (LoraModule module : adapter.modules()) {
            modules.add(module.name());
            modules.add(new int[] {module.r(), module.inputs(), module.outputs()});
            modules.add(Float.floatToIntBits(module.scaling()));
        }
        identity.put("the adapter's modules", modules.hex());
        return identity;
    }

    @Override
    public double loss(PackedBatch batch, BooleanSupplier isCancelled) {
        return pass.loss(batch, isCancelled);
    }

    @Override
    public double lossAndGradients(PackedBatch batch, float scale, long dropoutSeed, BooleanSupplier isCancelled) {
        return pass.lossAndGradients(batch, scale, dropoutSeed, gradients, isCancelled);
    }
}
