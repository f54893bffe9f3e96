package dev.caravan.engine;

import dev.caravan.engine.EncoderOptions.Prompts;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.format.gguf.GgufMetadata;
import dev.caravan.engine.format.safetensors.SafetensorsCheckpoint;
import dev.caravan.engine.model.Encoder;
import dev.caravan.engine.tokenizer.GgufTokenizers;
import dev.caravan.engine.tokenizer.PostProcessor;
import dev.caravan.engine.tokenizer.Tokenizer;
import dev.caravan.engine.tokenizer.TokenizerJson;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What encoders take from the files around their weights: tokenizer, name, prompts. */
final class EncoderFiles {

    private static final String GGUF_ENDING = ".gguf";

    private EncoderFiles() {}

    /**
     * The tokenizer.
     *
     * @throws ModelFormatException if it is missing, not supported, or of another model
     */
    static EncoderTokenizer tokenizer(Checkpoint checkpoint, Encoder encoder, int maxTokens) {
        Tokenizer tokenizer = checkpoint instanceof SafetensorsCheckpoint folder
                ? TokenizerJson.load(folder.folder())
                : GgufTokenizers.fromMetadata(((GgufCheckpoint) checkpoint).metadata());
        if (tokenizer.vocabSize() > encoder.vocabSize()) {
            throw new ModelFormatException(
                    checkpoint.path(),
                    "the tokenizer has %d tokens, the model's embeddings only %d; tokenizer and model belong to different models"
                            .formatted(tokenizer.vocabSize(), encoder.vocabSize()));
        }
        PostProcessor frame = checkpoint instanceof GgufCheckpoint file
                ? frame(file.metadata(), tokenizer)
                : tokenizer.postProcessor();
        try {
            return EncoderTokenizer.of(tokenizer, frame, maxTokens);
        } catch (IllegalArgumentException tooShort) {
            throw new ModelFormatException(checkpoint.path(), String.valueOf(tooShort.getMessage()), tooShort);
        }
    }

    /** A decoder's tokenizer leaves the end to the answer; an embedding model wants it where the file says so. */
    private static PostProcessor frame(GgufMetadata metadata, Tokenizer tokenizer) {
        PostProcessor frame = tokenizer.postProcessor();
        int eos = metadata.integer("tokenizer.ggml.eos_token_id", -1);
        boolean addsEos = metadata.flag("tokenizer.ggml.add_eos_token", false) && eos >= 0;
        if (!addsEos || !frame.suffix().isEmpty()) {
            return frame;
        }
        if (eos >= tokenizer.vocabSize()) {
            throw metadata.refused("the key tokenizer.ggml.eos_token_id holds %d, the vocabulary has %d tokens"
                    .formatted(eos, tokenizer.vocabSize()));
        }
        return PostProcessor.around(frame.prefix(), List.of(eos));
    }

    /** The longest input: what the model can, less where it is asked for. */
    static int maxTokens(Checkpoint checkpoint, int possible, int asked) {
        if (possible < 1) {
            throw new ModelFormatException(
                    checkpoint.path(), "the model takes no tokens; take a complete build of the model");
        }
        return asked == 0 ? possible : Math.min(asked, possible);
    }

    /** A GGUF file's own name, else the name of file or folder. */
    static String name(Checkpoint checkpoint) {
        if (checkpoint instanceof GgufCheckpoint file) {
            String fileName = String.valueOf(file.path().getFileName());
            String otherwise = fileName.endsWith(GGUF_ENDING)
                    ? fileName.substring(0, fileName.length() - GGUF_ENDING.length())
                    : fileName;
            return file.metadata().string("general.name", otherwise);
        }
        return String.valueOf(folder(checkpoint).toAbsolutePath().normalize().getFileName());
    }

    /** The prompts that stand in the folder or beside the GGUF file. */
    static Optional<Prompts> prompts(Checkpoint checkpoint) {
        return SentenceModules.prompts(folder(checkpoint));
    }

    private static Path folder(Checkpoint checkpoint) {
        if (checkpoint instanceof SafetensorsCheckpoint folder) {
            return folder.folder();
        }
        Path parent = checkpoint.path().toAbsolutePath().getParent();
        return parent == null ? checkpoint.path() : parent;
    }
}
