package dev.caravan.engine.convert;

import dev.caravan.engine.format.AtomicFile;
import dev.caravan.engine.format.AtomicFolder;
import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.format.json.JsonText;
import dev.caravan.engine.format.safetensors.BitsandbytesParts;
import dev.caravan.engine.format.safetensors.SafetensorsType;
import dev.caravan.engine.format.safetensors.SafetensorsWriter;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A folder of safetensors that transformers, with bitsandbytes where they are quantised, and Caravan read. */
final class FolderTarget implements ConversionTarget {

    private static final String WEIGHT = ".weight";

    private final SourceModel source;
    private final Path target;
    private final ConversionOptions options;
    private final List<TensorPlan> tensors = new ArrayList<>();
    private final List<String> skipped = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final ModelExtras extras;
    private final DType plain;

    FolderTarget(SourceModel source, Path target, ConversionOptions options) {
        this.source = source;
        this.target = target;
        this.options = options;
        this.plain = plainType();
        for (String name : source.weightNames()) {
            Tensor tensor = source.checkpoint().tensor(name);
            tensors.add(new TensorPlan(
                    name,
                    tensor,
                    source.rows(name, false),
                    source.addend(name, false),
                    type(name, tensor),
                    source.adapter(name)));
        }
        if (!skipped.isEmpty()) {
            // transformers' own default, which a list of one's own replaces.
            skipped.addFirst("lm_head");
            notes.add("%d matrices stay %s: %stheir rows do not fill blocks of 64"
                    .formatted(
                            skipped.size() - 1,
                            TransformersConfig.torchName(plain),
                            source.merge() == null ? "" : "the adapter is merged into them, or "));
        }
        // Looked at now: what cannot be said must be known before the weights are written.
        TransformersConfig.of(source, options, plain, skipped);
        this.extras = source.checkpoint() instanceof GgufCheckpoint gguf
                ? new GgufExtras(gguf)
                : new FolderExtras(ModelConversion.folder(source.checkpoint()).orElseThrow());
        notes.addAll(extras.notes());
    }

    /** What embeddings and norms are: the type asked for, or beside quantised matrices the source's own. */
    private DType plainType() {
        if (options.type().isPlain()) {
            return options.type().dtype();
        }
        DType embeddings =
                source.checkpoint().tensor("model.embed_tokens.weight").dtype();
        return embeddings.blockElements() == 1 ? embeddings : DType.BF16;
    }

    private DType type(String name, Tensor tensor) {
        if (!options.type().isBitsandbytes() || !name.endsWith("_proj.weight")) {
            return plain;
        }
        DType dtype = options.type().dtype();
        if (tensor.columns() % dtype.blockElements() == 0 && !source.isTooCoarse(name, dtype)) {
            return dtype;
        }
        skipped.add(module(name));
        return plain;
    }

    private static String module(String name) {
        return name.substring(0, name.length() - WEIGHT.length());
    }

    @Override
    public List<TensorPlan> tensors() {
        return List.copyOf(tensors);
    }

    @Override
    public List<String> notes() {
        return List.copyOf(notes);
    }

    @Override
    public void write(TensorRewriter rewriter) {
        try (AtomicFolder folder = AtomicFolder.create(target)) {
            writeInto(folder.path(), rewriter);
            folder.commit();
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot write " + target, failure);
        }
    }

    private void writeInto(Path folder, TensorRewriter rewriter) throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        // All is announced first, so that the share of what is done only grows.
        for (TensorPlan plan : tensors) {
            boolean isTwice = plan.dtype().blockElements() > 1;
            rewriter.expect(plan.source().elements() * (isTwice ? 2 : 1));
        }
        for (TensorPlan plan : tensors) {
            switch (plan.dtype()) {
                case NF4, FP4 ->
                    BitsandbytesParts.addFourBit(
                            writer, plan.name(), () -> rewriter.whole(plan), plain, options.doubleQuantization());
                case INT8 -> BitsandbytesParts.addEightBit(writer, module(plan.name()), () -> rewriter.whole(plan));
                default ->
                    writer.add(
                            plan.name(),
                            SafetensorsType.valueOf(plan.dtype().name()),
                            plan.shape(),
                            rewriter.content(plan));
            }
        }
        writer.writeFolder(folder, options.maxShardBytes());
        extras.write(folder);
        AtomicFile.write(
                folder.resolve("config.json"),
                JsonText.indented(TransformersConfig.of(source, options, plain, skipped))
                        .getBytes(StandardCharsets.UTF_8));
    }
}
