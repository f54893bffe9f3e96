package dev.caravan.engine.layer;

/** The linear layers of a decoder block, named as in transformers' checkpoints; an adapter may change each of them. */
public enum Projection {
    Q_PROJ("self_attn.q_proj"),
    K_PROJ("self_attn.k_proj"),
    V_PROJ("self_attn.v_proj"),
    O_PROJ("self_attn.o_proj"),
    GATE_PROJ("mlp.gate_proj"),
    UP_PROJ("mlp.up_proj"),
    DOWN_PROJ("mlp.down_proj");

    private final String path;

    Projection(String path) {
        this.path = path;
    }

    /** The layer's place in its block, for example {@code self_attn.q_proj}. */
    public String path() {
        return path;
    }

    /** The layer's name in the model, for example {@code model.layers.0.self_attn.q_proj}. */
    public String module(int layer) {
        return "model.layers." + layer + "." + path;
    }
}
