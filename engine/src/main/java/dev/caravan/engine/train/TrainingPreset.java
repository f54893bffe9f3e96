package dev.caravan.engine.train;

import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.lora.ModuleFilter;
import dev.caravan.engine.train.LearningRateSchedule.LrSchedulerType;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Settings that belong together, each with its source. Names are those of PEFT's {@code LoraConfig} and transformers'
 * {@code TrainingArguments}; AdamW's betas and epsilon are transformers' defaults in all of them (0.9, 0.999, 1e-8).
 *
 * @param name as it is given on the command line
 * @param r the adapter's rank
 * @param targetModules the projections that get an adapter, by their last names; empty for all linear layers
 * @param examplesPerStep the source's batch size times its accumulation, in examples
 * @param numTrainEpochs the passes over the data
 * @param heldOut the share of the rows that is not trained on
 * @param loadIn4bit whether a base of 16 or 32 bit weights is trained on as NF4 with double quantisation
 */
public record TrainingPreset(
        String name,
        int r,
        double loraAlpha,
        double loraDropout,
        List<String> targetModules,
        double learningRate,
        LrSchedulerType lrSchedulerType,
        int warmupSteps,
        double weightDecay,
        double maxGradNorm,
        int examplesPerStep,
        int numTrainEpochs,
        double heldOut,
        boolean loadIn4bit) {

    /**
     * KT's own tutorial for Mi:dm 2.0 (K-intelligence-Midm/Midm-2.0, {@code tutorial/01_fine-tuning/README.md}, 11 July
     * 2025). Its {@code LoraConfig} names r 8, alpha 16 and dropout 0.1; without {@code target_modules} PEFT takes
     * q_proj and v_proj for Llama ({@code peft/utils/constants.py}). Its {@code TrainingArguments} name the rate 2e-5,
     * {@code constant}, one epoch, one example without accumulation and the norm 1.0; the {@code warmup_ratio} 0.03
     * beside it has no effect with {@code constant} in transformers. Weight decay 0 is transformers' default. The share
     * that is held out is its {@code test_size} 0.01, the weights are bf16.
     */
    public static final TrainingPreset MIDM = new TrainingPreset(
            "midm",
            8,
            16,
            0.1,
            List.of("q_proj", "v_proj"),
            2e-5,
            LrSchedulerType.CONSTANT,
            0,
            0,
            1.0,
            1,
            1,
            0.01,
            false);

    /**
     * QLoRA (Dettmers et al. 2023, arXiv 2305.14314; artidoro/qlora, {@code scripts/finetune_guanaco_7b.sh}): NF4 with
     * double quantisation, all linear layers, r 64, alpha 16, dropout 0.1, the rate 2e-4 and {@code constant}, no weight
     * decay, the norm 0.3, 16 examples a step. The script counts 1875 steps of 16 examples over OASST1's 9,846 ({@code
     * qlora.py}), three epochs. (Above 13 B parameters its authors take the rate 1e-4 and dropout 0.05.) The authors
     * hold 1024 examples out; a share of 0.1 is Google's, see {@link #SMALL}.
     */
    public static final TrainingPreset QLORA = new TrainingPreset(
            "qlora", 64, 16, 0.1, List.of(), 2e-4, LrSchedulerType.CONSTANT, 0, 0, 0.3, 16, 3, 0.1, true);

    /**
     * Models of some hundred million parameters, above all Gemma 3 270M. r 16, alpha 32, dropout 0.05, all linear layers,
     * four examples a step, three epochs, weight decay 0.01 and a held-out share of 0.1: Google's notebook for Gemma 3 270M
     * (google-gemini/gemma-cookbook,
     * {@code Demos/Emoji-Gemma-on-Web/resources/Fine_tune_Gemma_3_270M_for_emoji_generation.ipynb}). It takes the rate
     * 5e-5, but trains the embedding too, without an adapter; the rate 2e-4, {@code linear} with 5 steps of warm-up, is
     * that of Unsloth's notebook for adapters of rank 16 on a Gemma of this size (unslothai/notebooks,
     * {@code nb/FunctionGemma_(270M)-Mobile-Actions.ipynb}). The norm 1.0 is transformers' default.
     */
    public static final TrainingPreset SMALL = new TrainingPreset(
            "small", 16, 32, 0.05, List.of(), 2e-4, LrSchedulerType.LINEAR, 5, 0.01, 1.0, 4, 3, 0.1, false);

    /** Below this many parameters a model counts as small. */
    public static final long SMALL_PARAMETERS = 1_000_000_000;

    private static final List<TrainingPreset> ALL = List.of(MIDM, QLORA, SMALL);

    public TrainingPreset {
        targetModules = List.copyOf(targetModules);
    }

    /** The preset of that name. */
    public static Optional<TrainingPreset> named(String name) {
        return ALL.stream().filter(preset -> preset.name.equals(name)).findFirst();
    }

    /** All names, for messages. */
    public static String names() {
        return ALL.stream().map(TrainingPreset::name).collect(Collectors.joining(", "));
    }

    /**
     * What is taken where nothing is asked for. Never {@link #MIDM}: its rate and its single epoch are made for a large
     * dataset, and a small one would leave no trace.
     *
     * @param parameters of the base
     */
    public static TrainingPreset byDefault(long parameters) {
        return parameters < SMALL_PARAMETERS ? SMALL : QLORA;
    }

    /** The adapter's configuration. */
    public LoraConfig lora() {
        return LoraConfig.of(r, loraAlpha).toBuilder()
                .loraDropout(loraDropout)
                .targetModules(targetModules.isEmpty() ? ModuleFilter.allLinear() : ModuleFilter.names(targetModules))
                .build();
    }

    /** The training's settings, but for the sizes of batches, which follow from the data. */
    public TrainingConfig training() {
        return TrainingConfig.DEFAULT
                .with()
                .learningRate(learningRate)
                .lrSchedulerType(lrSchedulerType)
                .warmupSteps(warmupSteps)
                .weightDecay(weightDecay)
                .maxGradNorm(maxGradNorm)
                .numTrainEpochs(numTrainEpochs)
                .build();
    }
}
