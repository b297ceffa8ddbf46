// KaTeX with its looks and fonts, in a part of the build of its own.
import katex from "katex";
import "katex/dist/katex.min.css";

export default katex;
