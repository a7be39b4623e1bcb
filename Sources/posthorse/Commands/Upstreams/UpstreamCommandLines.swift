import Console
import Delivery

/// Related commands as an operator would type them, in any directory.
struct UpstreamCommandLines {
    private let program: String
    /// ` --config FILE` or ` --socket PATH`, unless the relay is the default one.
    private let suffix: String

    init(_ place: RelayPlace) {
        program = Invocation.current.program
        suffix = place.options
    }

    /// - Parameter program: as invoked, quoted if necessary.
    init(program: String = "posthorse", config: String?) {
        self.program = program
        suffix = config.map { " --config \(Invocation.quoted($0))" } ?? ""
    }

    func control(_ action: UpstreamControl.Action, _ name: String, _ more: String = "") -> String {
        "\(program) upstream \(action.rawValue) \(Invocation.quoted(name))\(more)\(suffix)"
    }

    func show(_ name: String) -> String {
        "\(program) upstream show \(Invocation.quoted(name))\(suffix)"
    }
}
