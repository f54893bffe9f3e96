package dev.caravan.engine.check;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A checkpoint's tensors by kind: those whose names differ only in the layer's number, with one type and shape. */
final class TensorKinds {

    private record Kind(String name, DType dtype, String shape) {}

    private static final class Sum {
        private int tensors;
        private long bytes;
    }

    private final Map<Kind, Sum> kinds = new LinkedHashMap<>();
    private int tensors;
    private long elements;

    TensorKinds(Checkpoint checkpoint) {
        for (String name : checkpoint.tensorNames()) {
            Tensor tensor = checkpoint.tensor(name);
            Kind kind = new Kind(withoutNumber(name), tensor.dtype(), Arrays.toString(tensor.shape()));
            Sum sum = kinds.computeIfAbsent(kind, absent -> new Sum());
            sum.tensors++;
            sum.bytes += tensor.data().byteSize();
            elements += tensor.elements();
            tensors++;
        }
    }

    private static String withoutNumber(String name) {
        return Arrays.stream(name.split("\\.", -1))
                .map(part -> part.chars().allMatch(Character::isDigit) && !part.isEmpty() ? "*" : part)
                .collect(Collectors.joining("."));
    }

    int tensors() {
        return tensors;
    }

    /** The values of all tensors: the model's parameters. */
    long elements() {
        return elements;
    }

    /** The types with their bytes, the largest first: {@code Q5_0 100.0 MB, F32 1.0 MB}. */
    String types() {
        Map<DType, Long> bytes = new LinkedHashMap<>();
        kinds.forEach((kind, sum) -> bytes.merge(kind.dtype, sum.bytes, Long::sum));
        return bytes.entrySet().stream()
                .sorted(Map.Entry.<DType, Long>comparingByValue().reversed())
                .map(entry -> entry.getKey() + " " + Shown.bytes(entry.getValue()))
                .collect(Collectors.joining(", "));
    }

    /** One line for each kind: name, type, count, shape, bytes. */
    List<String> lines() {
        int width = kinds.keySet().stream()
                .mapToInt(kind -> kind.name.length())
                .max()
                .orElse(0);
        List<String> lines = new ArrayList<>();
        kinds.forEach((kind, sum) -> lines.add(String.format(
                Locale.ROOT,
                "%-" + Math.max(1, width) + "s  %-5s %4d x %-16s %10s",
                kind.name,
                kind.dtype,
                sum.tensors,
                kind.shape,
                Shown.bytes(sum.bytes))));
        return lines;
    }
}
