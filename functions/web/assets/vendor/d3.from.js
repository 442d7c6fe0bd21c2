// What the charts use of D3: it computes numbers and paths, and touches no element.

export { precisionFixed } from "d3-format";
export { scaleBand, scaleLinear, scaleQuantize } from "d3-scale";
export { area, line, stack } from "d3-shape";
export { utcTicks } from "d3-time";
