package dev.caravan.server.finetuning;

import dev.caravan.engine.format.AtomicFile;
import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.train.TrainingConfig;
import dev.caravan.engine.train.TrainingEvaluation;
import dev.caravan.engine.train.TrainingResult;
import dev.caravan.engine.train.TrainingStep;
import dev.caravan.engine.train.dataset.DatasetReport;
import dev.caravan.server.finetuning.OutputFolder.Beginning;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** {@code training.json}: what was trained on what and how, by hashes, and every step. Names are PEFT's and transformers'. */
final class TrainingRecord {
    static final String FILE = "training.json";

    private static final JsonMapper JSON = JsonMapper.shared();

    private TrainingRecord() {}

    /** @param seconds that this run took; a resumed one's earlier part does not count */
    static void write(Path folder, TrainJob job, TrainingResult result, Beginning beginning, double seconds) {
        Map<String, Object> record = new LinkedHashMap<>();
        record.put("base", base(job));
        record.put("data", data(job));
        record.put("lora", lora(job.settings().lora()));
        record.put("training", training(job.settings(), beginning));
        record.put("result", result(job, result, beginning, seconds));
        record.put(
                "evaluations",
                result.evaluations().stream().map(TrainingRecord::evaluation).toList());
        record.put("steps", result.steps().stream().map(TrainingRecord::step).toList());
        AtomicFile.write(
                folder.resolve(FILE),
                JSON.writerWithDefaultPrettyPrinter().writeValueAsString(record).getBytes(StandardCharsets.UTF_8));
    }

    private static Map<String, Object> base(TrainJob job) {
        Map<String, Object> base = new LinkedHashMap<>();
        base.put("model", job.settings().lora().baseModelNameOrPath());
        base.put("model_type", job.base().checkpoint().modelType());
        base.put("sha256", job.adapter().baseHash());
        base.put("load_in_4bit", job.base().quantization().loadIn4bit());
        base.put("load_in_8bit", job.base().quantization().loadIn8bit());
        return base;
    }

    private static Map<String, Object> data(TrainJob job) {
        DatasetReport report = job.dataset().report();
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("sha256", job.dataset().hash());
        data.put("rows", report.rows());
        data.put("usable_rows", report.usableRows());
        data.put("training_examples", job.dataset().training().size());
        data.put("held_out_examples", job.dataset().heldOut().size());
        data.put("tokens", report.tokens());
        data.put("learned_tokens", report.learnedTokens());
        return data;
    }

    private static Map<String, Object> lora(LoraConfig config) {
        Map<String, Object> lora = new LinkedHashMap<>();
        lora.put("r", config.r());
        lora.put("lora_alpha", config.loraAlpha());
        lora.put("lora_dropout", config.loraDropout());
        lora.put("use_rslora", config.useRslora());
        return lora;
    }

    private static Map<String, Object> training(TrainSettings settings, Beginning beginning) {
        TrainingConfig config = settings.training();
        Map<String, Object> training = new LinkedHashMap<>();
        training.put("preset", settings.preset().name());
        training.put("learning_rate", config.learningRate());
        training.put("lr_scheduler_type", config.lrSchedulerType().text());
        training.put("warmup_steps", config.warmupSteps());
        training.put("weight_decay", config.weightDecay());
        training.put("adam_beta1", config.adamBeta1());
        training.put("adam_beta2", config.adamBeta2());
        training.put("adam_epsilon", config.adamEpsilon());
        training.put("max_grad_norm", config.maxGradNorm());
        training.put("num_train_epochs", config.numTrainEpochs());
        training.put("max_steps", config.maxSteps());
        training.put("gradient_accumulation_steps", config.gradientAccumulationSteps());
        training.put("tokens_per_batch", config.tokensPerBatch());
        training.put("seed", config.seed());
        training.put("eval_steps", config.evalSteps());
        training.put("early_stopping_patience", config.earlyStoppingPatience());
        training.put("date_string", beginning.dateString());
        return training;
    }

    private static Map<String, Object> result(
            TrainJob job, TrainingResult result, Beginning beginning, double seconds) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("end", result.end().name().toLowerCase(Locale.ROOT));
        values.put("adapter_sha256", job.adapter().hash());
        values.put("adapter_step", result.adapterStep());
        values.put("parameters", job.adapter().parameters());
        if (!Double.isNaN(beginning.heldOutLoss())) {
            values.put("eval_loss_before", beginning.heldOutLoss());
        }
        values.put("seconds", seconds);
        return values;
    }

    private static Map<String, Object> evaluation(TrainingEvaluation evaluation) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("step", evaluation.step());
        line.put("epoch", evaluation.epoch());
        line.put("eval_loss", evaluation.loss());
        return line;
    }

    private static Map<String, Object> step(TrainingStep step) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("step", step.step());
        line.put("epoch", step.epoch());
        line.put("loss", step.loss());
        line.put("grad_norm", step.gradientNorm());
        line.put("learning_rate", step.learningRate());
        line.put("tokens", step.tokens());
        line.put("learned_tokens", step.learnedTokens());
        line.put("seconds", step.seconds());
        return line;
    }
}
