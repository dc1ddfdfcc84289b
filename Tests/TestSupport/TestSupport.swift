// TestSupport: what service tests share. A stage that runs services over the real wire with the real gate, principals
// to call them as, stores on both engines, and a clock that stands still.
// Holds no mock of our own code: peers on a stage are services, real ones or ones that a test writes.
