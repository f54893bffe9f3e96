import { useCallback, useEffect, useRef, useState } from "react";

/** Nearer to the end than this counts as being there. */
const SLACK_PIXELS = 48;

/**
 * Keeps a growing text's end in view until the person scrolls up, and again once they are back at the end.
 * Give `scroller` to the element that scrolls and `content` to what grows in it.
 */
export function useStickToBottom() {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const sticks = useRef(true);
  const lastTop = useRef(0);
  const [isAway, setAway] = useState(false);

  const scrollToEnd = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    sticks.current = true;
    setAway(false);
    element.scrollTop = element.scrollHeight;
    lastTop.current = element.scrollTop;
  }, []);

  const onScroll = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const distance = element.scrollHeight - element.scrollTop - element.clientHeight;
    // Only a move upwards lets go: growth below also raises the distance, and is no wish of the person's.
    if (element.scrollTop < lastTop.current - 1) sticks.current = distance <= SLACK_PIXELS;
    else if (distance <= SLACK_PIXELS) sticks.current = true;
    lastTop.current = element.scrollTop;
    setAway(!sticks.current);
  }, []);

  useEffect(() => {
    if (!content.current || typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(() => {
      const element = scroller.current;
      if (element && sticks.current) {
        element.scrollTop = element.scrollHeight;
        lastTop.current = element.scrollTop;
      }
    });
    observer.observe(content.current);
    return () => observer.disconnect();
  }, []);

  return { scroller, content, onScroll, isAway, scrollToEnd };
}
