/// What `top` shows from one event to the next.
struct TopState {
    private let place: String
    private var history = TopHistory()
    /// The frame stays as it is, whatever is read meanwhile.
    var isPaused = false {
        didSet { shown = isPaused ? history : nil }
    }
    /// Why the relay does not answer; nil if it does.
    var trouble: String?
    private var shown: TopHistory?

    init(place: String, first: TopReading) {
        self.place = place
        history.add(first)
    }

    mutating func add(_ reading: TopReading) {
        history.add(reading)
        trouble = nil
    }

    func frame(_ size: TopFrame.Size) -> TopFrame {
        let history = shown ?? history
        guard let reading = history.last, let rates = history.rates else {
            preconditionFailure("there is a reading from the beginning")
        }
        let footer = trouble.map { TopFrame.Footer.trouble($0) } ?? .keys(isPaused: isPaused)
        return TopFrame(reading, rates, place: place, size: size, footer: footer)
    }
}
