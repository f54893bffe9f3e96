package dev.caravan.server.finetuning;

import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.train.TrainingBatches;
import dev.caravan.engine.train.TrainingPlan;
import dev.caravan.engine.train.dataset.Dataset;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Everything that a training needs, checked and ready.
 *
 * @param model the base's files
 * @param modelWord what the person called it
 * @param adapter that is trained; its hash of the base is set
 * @param facts what was printed before the start, each line with its name
 */
record TrainJob(
        Path model,
        String modelWord,
        TrainingBase base,
        Dataset dataset,
        TrainSettings settings,
        LoraAdapter adapter,
        TrainingBatches batches,
        TrainingPlan plan,
        OutputFolder output,
        Questions questions,
        Map<String, String> facts) {

    TrainJob {
        facts = new LinkedHashMap<>(facts);
    }
}
