import { createEvent, fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";

import { Composer } from "./composer";

function setUp(props: Partial<Parameters<typeof Composer>[0]> = {}) {
  const onSend = vi.fn();
  const onStop = vi.fn();
  function Page() {
    const [draft, setDraft] = useState("");
    return (
      <Composer
        draft={draft}
        onDraftChange={setDraft}
        onSend={(text) => {
          setDraft("");
          onSend(text);
        }}
        onStop={onStop}
        isRunning={false}
        canSend
        {...props}
      />
    );
  }
  render(<Page />);
  return { onSend, onStop, field: screen.getByRole("textbox", { name: "질문 입력" }) };
}

describe("the composer", () => {
  it("sends once on Enter, and starts a line on Shift+Enter", async () => {
    const { onSend, field } = setUp();
    await userEvent.type(field, "첫 줄{Shift>}{Enter}{/Shift}둘째 줄{Enter}{Enter}");
    expect(onSend).toHaveBeenCalledExactlyOnceWith("첫 줄\n둘째 줄");
  });

  it("does not send the Enter that ends a composition, then sends once", () => {
    const { onSend, field } = setUp();
    fireEvent.compositionStart(field);
    fireEvent.change(field, { target: { value: "휴가" } });
    fireEvent.keyDown(field, { key: "Enter", isComposing: true, keyCode: 229 });
    fireEvent.compositionEnd(field, { data: "가" });
    expect(onSend).not.toHaveBeenCalled();
    fireEvent.keyDown(field, { key: "Enter", keyCode: 13 });
    fireEvent.keyDown(field, { key: "Enter", keyCode: 13 });
    expect(onSend).toHaveBeenCalledExactlyOnceWith("휴가");
  });

  it("knows Safari's Enter after the composition by its key code", () => {
    const { onSend, field } = setUp();
    fireEvent.change(field, { target: { value: "휴가" } });
    const enter = createEvent.keyDown(field, { key: "Enter", isComposing: false, keyCode: 229 });
    fireEvent(field, enter);
    expect(enter.defaultPrevented).toBe(false);
    expect(onSend).not.toHaveBeenCalled();
  });

  it("sends nothing while blank, or while the model is not ready", async () => {
    const { onSend, field } = setUp({ canSend: false });
    await userEvent.type(field, "질문{Enter}");
    expect(onSend).not.toHaveBeenCalled();
    expect(screen.getByRole("button", { name: "보내기" })).toHaveProperty("disabled", true);
  });

  it("offers Stop in place of Send while an answer arrives", async () => {
    const { onStop } = setUp({ isRunning: true });
    expect(screen.queryByRole("button", { name: "보내기" })).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "답변 중지" }));
    expect(onStop).toHaveBeenCalledOnce();
  });
});
