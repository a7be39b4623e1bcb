/// A strict parser of the text format 0.0.4 of Prometheus.
enum PrometheusReader {
    struct Mistake: Error {
        let line: Substring
    }

    private struct Family {
        var hasHelp = false
        var hasSamples = false
        var isHistogram = false

        /// Whether its samples may have this name.
        func owns(_ sample: Substring, _ name: Substring) -> Bool {
            isHistogram ? ["_bucket", "_sum", "_count"].contains { sample == name + $0 } : sample == name
        }
    }

    /// The values by name and labels, as written.
    static func read(_ text: String) throws -> [String: Double] {
        guard text.hasSuffix("\n") else { throw Mistake(line: "no line end") }
        var (samples, families, last) = ([String: Double](), [Substring: Family](), Substring())
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            let mistake = Mistake(line: line)
            if let help = line.wholeMatch(of: /# HELP ([a-z_]+) (?:[^\\]|\\\\|\\n)+/) {
                guard families[help.1] == nil else { throw mistake }
                families[help.1] = Family(hasHelp: true)
                last = help.1
            } else if let type = line.wholeMatch(of: /# TYPE ([a-z_]+) (counter|gauge|histogram)/) {
                guard type.1 == last, families[type.1]?.hasSamples == false else { throw mistake }
                families[type.1]?.isHistogram = type.2 == "histogram"
            } else if let sample = line.wholeMatch(
                of:
                    /(([a-z_]+)(?:\{[a-z]+="(?:[^"\\]|\\["\\n])*"(?:,[a-z]+="(?:[^"\\]|\\["\\n])*")*\})?) (-?[0-9]+(?:\.[0-9]+)?|\+Inf)/
            ) {
                guard families[last]?.owns(sample.2, last) ?? false, samples[String(sample.1)] == nil else {
                    throw mistake
                }
                families[last]?.hasSamples = true
                samples[String(sample.1)] = sample.3 == "+Inf" ? .infinity : Double(sample.3)
            } else {
                throw mistake
            }
        }
        return samples
    }
}
