//! Pipelines, and buffers bound to their globals by name.
//!
//! The text of a kernel is the only place where bindings and structs are laid out: naga tells which global has
//! which binding, and where the members of a struct lie.

use super::adapter::Adapter;
use crate::error::{Error, Result};
use naga::front::wgsl;
use naga::{AddressSpace, StorageAccess, TypeInner};
use std::sync::{Arc, PoisonError};

/// A compiled kernel.
#[derive(Debug)]
pub(super) struct Pipeline {
    pub compute: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
    globals: Vec<Global>,
}

/// A global that a buffer is bound to.
#[derive(Debug)]
struct Global {
    name: String,
    binding: u32,
    ty: wgpu::BufferBindingType,
    fields: Fields,
}

/// Where the members of a struct lie, and theirs; empty for other types.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    offsets: Vec<(String, u32)>,
    /// Bytes, up to a last array of unknown length.
    pub bytes: u32,
}

impl Fields {
    /// Adds what lies in a value of this type at `base`: `step`, `turns[1].window.steps`.
    fn add(&mut self, module: &naga::Module, ty: naga::Handle<naga::Type>, name: &str, base: u32) {
        match &module.types[ty].inner {
            TypeInner::Struct { members, .. } => members.iter().for_each(|member| {
                let dot = if name.is_empty() { "" } else { "." };
                let inner = format!("{name}{dot}{}", member.name.as_deref().unwrap_or_default());
                self.offsets.push((inner.clone(), base + member.offset));
                self.add(module, member.ty, &inner, base + member.offset);
            }),
            // longer arrays have one name for all their elements
            TypeInner::Array { base: element, size: naga::ArraySize::Constant(n), stride }
                if n.get() <= 2 =>
            {
                let place = |k: u32| (format!("{name}[{k}]"), base + k * stride);
                for (inner, at) in (0..n.get()).map(place) {
                    self.offsets.push((inner.clone(), at));
                    self.add(module, *element, &inner, at);
                }
            }
            _ => {}
        }
    }

    /// Byte offset of a member.
    pub fn offset(&self, name: &str) -> u64 {
        let found = self.offsets.iter().find(|(other, _)| other == name);
        found.map(|(_, offset)| u64::from(*offset)).expect("our own kernels have this member")
    }

    /// The struct's words with these values; members that are not named are 0.
    pub fn words(&self, values: &[(&str, u32)]) -> Vec<u32> {
        let mut words = vec![0; self.bytes.div_ceil(4) as usize];
        for (name, value) in values {
            words[self.offset(name) as usize / 4] = *value;
        }
        words
    }
}

impl Pipeline {
    /// The bind group of these buffers.
    pub fn bind(&self, device: &wgpu::Device, buffers: &[(&str, &wgpu::Buffer)]) -> wgpu::BindGroup {
        let entry = |global: &Global| {
            let buffer = buffers.iter().find(|(name, _)| *name == global.name);
            let (_, buffer) = buffer.expect("every global of a kernel has a buffer");
            wgpu::BindGroupEntry { binding: global.binding, resource: buffer.as_entire_binding() }
        };
        let entries: Vec<_> = self.globals.iter().map(entry).collect();
        device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &self.layout,
            entries: &entries,
        })
    }

    /// The members of the struct that a global is, where there is such a global.
    pub fn fields(&self, global: &str) -> Option<&Fields> {
        self.globals.iter().find(|other| other.name == global).map(|global| &global.fields)
    }
}

impl Adapter {
    /// The pipeline of a text for workgroups of this size, compiled where it is new.
    pub(super) fn pipeline(&self, label: &str, text: &str, workgroup: u32) -> Result<Arc<Pipeline>> {
        let mut pipelines = self.pipelines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = pipelines.get(text) {
            return Ok(known.clone());
        }
        let pipeline = Arc::new(self.compile(label, text, workgroup)?);
        pipelines.insert(text.to_string(), pipeline.clone());
        Ok(pipeline)
    }

    fn compile(&self, label: &str, text: &str, workgroup: u32) -> Result<Pipeline> {
        let refused =
            |error: String| Error::Device(format!("{} refuses kernel `{label}`: {error}", self.name()));
        let globals = globals(text).map_err(refused)?;
        let device = &self.device;
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let entry = |global: &Global| wgpu::BindGroupLayoutEntry {
            binding: global.binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty: global.ty,
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        };
        let entries: Vec<_> = globals.iter().map(entry).collect();
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some(label),
            entries: &entries,
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(label),
            bind_group_layouts: &[Some(&layout)],
            ..Default::default()
        });
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(label),
            source: wgpu::ShaderSource::Wgsl(text.into()),
        });
        let compute = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(label),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants: &[("invocations", f64::from(workgroup))],
                zero_initialize_workgroup_memory: false,
            },
            cache: None,
        });
        match pollster::block_on(scope.pop()) {
            Some(error) => Err(refused(error.to_string())),
            None => Ok(Pipeline { compute, layout, globals }),
        }
    }
}

/// The bound globals of a text.
fn globals(text: &str) -> std::result::Result<Vec<Global>, String> {
    let module = wgsl::parse_str(text).map_err(|error| error.emit_to_string(text))?;
    let bound = module.global_variables.iter().filter_map(|(_, global)| {
        let ty = match global.space {
            AddressSpace::Uniform => wgpu::BufferBindingType::Uniform,
            AddressSpace::Storage { access } => {
                wgpu::BufferBindingType::Storage { read_only: !access.contains(StorageAccess::STORE) }
            }
            _ => return None,
        };
        let mut fields = Fields::default();
        if let TypeInner::Struct { span, .. } = &module.types[global.ty].inner {
            fields.bytes = *span;
            fields.add(&module, global.ty, "", 0);
        }
        Some(Global { name: global.name.clone()?, binding: global.binding.as_ref()?.binding, ty, fields })
    });
    Ok(bound.collect())
}
