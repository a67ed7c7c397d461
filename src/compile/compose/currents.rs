//! The engine's own function while a model is inlined: `currents`, the sum of what the synapses add.

use super::Part;
use crate::lane::{self, Calls, Graph, NodeId, Op, Value};

/// The engine's own functions while a model is inlined: the sum of the synaptic currents.
#[derive(Default)]
pub(super) struct Currents<'a> {
    pub outputs: Vec<Current<'a>>,
}

/// An output with its parameters and what it makes a current of.
pub(super) struct Current<'a> {
    pub part: &'a Part<'a>,
    pub params: Value,
    pub conductance: NodeId,
    /// The sum of the weights, where the output asks for it.
    pub weights: Option<NodeId>,
}

impl Calls for Currents<'_> {
    fn call(
        &mut self,
        graph: &mut Graph,
        function: &str,
        args: &[Value],
    ) -> Option<std::result::Result<Value, String>> {
        if function != "currents" {
            return None;
        }
        let [Value::Scalar(constant), Value::Scalar(potential)] = args else {
            return Some(Err("`currents` takes the injected current and the potential".into()));
        };
        let mut sum = *constant;
        for Current { part, params, conductance, weights } in &self.outputs {
            let signature = part.model.function("current").expect("outputs have `current`");
            let arrived = [Some(conductance), weights.as_ref()].into_iter().flatten();
            let arrived: Vec<Value> = arrived.map(|node| Value::Scalar(*node)).collect();
            let args = signature.arguments.iter().map(|(_, type_name)| match type_name.as_str() {
                "Params" => params.clone(),
                "Input" | "Arrived" => Value::Composite(arrived.clone()),
                _ => Value::Scalar(*potential),
            });
            let args: Vec<Value> = args.collect();
            match lane::inline(graph, &part.source, "current", &args, &mut lane::NoCalls) {
                Ok(Some(Value::Scalar(current))) => sum = graph.binary(Op::Add, sum, current),
                Ok(_) => return Some(Err("`current` must return f32".into())),
                Err(error) => return Some(Err(error.to_string())),
            }
        }
        Some(Ok(Value::Scalar(sum)))
    }
}
