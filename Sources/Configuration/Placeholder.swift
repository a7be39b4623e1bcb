enum Placeholder {}
import TOMLKit
